// Raw Ethernet frames between guests of a test: starts frames.c (built on first use) in their
// namespaces and gives its findings as values.

import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { buildTool } from '../../bench/tool.ts'
import { until } from './netns.ts'

/** Where a program can be started: a namespace of a sandbox, or a guest of the lab. */
export interface Place {
  spawn(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess
}

export interface SendOptions {
  readonly device?: string // default eth0
  readonly dst: string
  /** Default: the device's own. */
  readonly src?: string
  /** Bytes from the destination MAC on: one size, or [first, last] of a range. Default 60. */
  readonly sizes?: number | readonly [number, number]
  readonly step?: number // between sizes, default 1
  /** Frames of each size. Default 1. */
  readonly count?: number
  readonly vlan?: number
  /** Tells several senders apart. Default 1. */
  readonly stream?: number
  readonly framesPerSecond?: number
}

export interface ReceiveOptions {
  readonly device?: string
  readonly stream?: number
  /** Different frames to wait for; 0 waits for `timeoutMs` and counts what comes. */
  readonly expect: number
  /** How long to look for further copies afterwards. Default 300. */
  readonly settleMs?: number
  readonly timeoutMs?: number // default 10,000
}

export interface Received {
  readonly received: number // all copies
  readonly distinct: number
  readonly duplicates: number
  readonly reordered: number
  readonly corrupt: number
  /** Addressed to another station. */
  readonly foreign: number
  /** VLAN of all frames, 0 untagged, -1 if they differ. */
  readonly vlan: number
  /** The first few sequence numbers that did not come. */
  readonly missing: readonly number[]
}

/** What a receiver finds where every frame came exactly once, in order. */
export function exactlyOnce(frames: number, vlan = 0): Received {
  return {
    received: frames,
    distinct: frames,
    duplicates: 0,
    reordered: 0,
    corrupt: 0,
    foreign: 0,
    vlan,
    missing: [],
  }
}

/** Sends frames; resolves with their number once the kernel took the last. */
export async function sendFrames(place: Place, options: SendOptions): Promise<number> {
  const { device = 'eth0', sizes = 60, framesPerSecond: rate, ...rest } = options
  const range = typeof sizes === 'number' ? `${sizes}` : sizes.join('-')
  const child = await start(place, ['send', device, `sizes=${range}`, ...words({ ...rest, rate })])
  const { sent } = JSON.parse(await child.output)
  return sent
}

/** Starts to receive; resolves when the receiver listens, `result` when it is done. */
export async function receiveFrames(
  place: Place,
  options: ReceiveOptions,
): Promise<{ readonly result: Promise<Received> }> {
  const { device = 'eth0', settleMs: settle, timeoutMs: timeout, ...rest } = options
  const child = await start(place, ['receive', device, ...words({ ...rest, settle, timeout })])
  await until(() => child.soFar().startsWith('ready\n'), { what: 'a frame receiver' })
  return { result: child.output.then((text) => JSON.parse(text.replace('ready\n', ''))) }
}

/** Sends while others receive: the findings in the order of `receivers`. */
export async function exchange(
  sender: Place,
  send: SendOptions,
  receivers: readonly { readonly place: Place; readonly receive: ReceiveOptions }[],
): Promise<Received[]> {
  const stream = send.stream === undefined ? {} : { stream: send.stream }
  const started = await Promise.all(
    receivers.map(({ place, receive }) => receiveFrames(place, { ...stream, ...receive })),
  )
  await sendFrames(sender, send)
  return Promise.all(started.map(({ result }) => result))
}

function words(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`)
}

async function start(place: Place, args: readonly string[]) {
  const program = await buildTool(new URL('./frames.c', import.meta.url))
  const child = place.spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  let errors = ''
  child.stdout?.on('data', (chunk) => {
    text += chunk
  })
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const output = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(text)
      else reject(new Error(`frames ${args.join(' ')}: ${errors.trim() || `status ${code}`}`))
    })
  })
  output.catch(() => {}) // the caller may still be waiting for "ready"; it sees it on `output`
  return { output, soFar: () => text }
}
