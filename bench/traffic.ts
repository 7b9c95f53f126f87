// The load that is put on a path between two namespaces, the same for every path and peer: TCP by
// iperf3, round trips by ping, small frames by blast, requests and answers by talk.

import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { machineCpuSeconds } from './machine.ts'
import type { Namespace } from './netns.ts'
import { buildTool } from './tool.ts'
import { until } from './wait.ts'

export interface Path {
  readonly client: Namespace
  readonly server: Namespace
  /** IPv4 address of the server on this path. */
  readonly address: string
}

/** Payload of a frame of 64 bytes with its check sequence: 14 Ethernet, 20 IP, 8 UDP, 4 FCS. */
const UDP_PAYLOAD_BYTES_OF_64 = 18
/** Shortest interval that keeps the load of the pings themselves small. */
export const PING_INTERVAL_MS = 2
const IPERF_PORT = '5201'
const BLAST_PORT = '5301'
const TALK_PORT = '5401'
/** A path that passes nothing for so long has broken down. */
const STALL_MS = 10_000

/** Waits until the server answers a ping on this path. */
export async function waitForPath(path: Path, timeoutMs = 10_000): Promise<void> {
  await until(() => path.client.exec('ping', '-c', '1', '-W', '0.3', path.address), {
    what: `a path from ${path.client.name} to ${path.address}`,
    timeoutMs,
  })
}

export interface TcpFigures {
  readonly gbitPerSecond: number
  /** Of all cores, load generators included. */
  readonly cpuSecondsPerGB: number
}

export interface TcpLoad {
  readonly streams: number
  /** iperf3 takes whole seconds. */
  readonly seconds: number
}

/** iperf3 from client to server; a server for each run, so that none waits for an earlier one. */
export async function loadTcp(path: Path, load: TcpLoad): Promise<TcpFigures> {
  const { streams, seconds } = load
  const server = watch(path.server, ['iperf3', '-s', '-p', IPERF_PORT, '--forceflush'], 'ignore')
  await until(() => server.output().includes('listening'), {
    what: `iperf3 in ${path.server.name} (apt-get install iperf3)`,
    intervalMs: 10,
  })
  const cpuBefore = await machineCpuSeconds()
  const text = await path.client
    .exec(
      ...(['timeout', String(seconds + STALL_MS / 1000)] as const),
      ...['iperf3', '-J', '-c', path.address, '-p', IPERF_PORT, '-t', String(seconds)],
      ...['-P', String(streams)],
    )
    .finally(() => server.stop())
  const cpuSeconds = (await machineCpuSeconds()) - cpuBefore
  const { end, error } = JSON.parse(text)
  const received = end?.sum_received
  if (received === undefined) throw new Error(`iperf3: ${error ?? 'no figures'}`)
  return {
    gbitPerSecond: received.bits_per_second / 1e9,
    cpuSecondsPerGB: cpuSeconds / (received.bytes / 1e9),
  }
}

/** The same, with a ping beside it. */
export async function loadTcpAndPing(
  path: Path,
  load: TcpLoad,
): Promise<TcpFigures & { readonly rttUs: readonly number[] }> {
  const running = loadTcp(path, load)
  const rttUs = await pingDuring(path, running)
  return { ...(await running), rttUs }
}

/** iperf3 has connected and its streams are at full speed. */
export const LOAD_RISES_MS = 200
/** The last of its streams may end so long before iperf3 does. */
const LOAD_FALLS_MS = 100

/** Round-trip times in microseconds of pings that were sent while the load was at its full. */
export async function pingDuring(
  path: Path,
  load: Promise<unknown>,
  intervalMs = PING_INTERVAL_MS,
): Promise<number[]> {
  await sleep(LOAD_RISES_MS)
  const words = ['ping', '-D', '-n', '-i', String(intervalMs / 1000), path.address]
  const pings = watch(path.client, words)
  await load.catch(() => {}) // the caller awaits it too
  const endMs = Date.now() - LOAD_FALLS_MS
  const lines = (await pings.stop('SIGINT')).matchAll(/^\[([\d.]+)\].* time=([\d.]+) ms/gm)
  return Array.from(lines, ([, at, rtt]) => ({ atMs: Number(at) * 1000, rttMs: Number(rtt) }))
    .filter(({ atMs, rttMs }) => atMs - rttMs < endMs)
    .map(({ rttMs }) => rttMs * 1000)
}

/** Round-trip times in microseconds; lost ones are left out. */
export async function ping(
  path: Path,
  options: { readonly count: number; readonly intervalMs?: number },
): Promise<number[]> {
  const { count, intervalMs = PING_INTERVAL_MS } = options
  const text = await path.client
    .exec(
      ...(['ping', '-n', '-i', String(intervalMs / 1000), '-W', '1'] as const),
      ...['-c', String(count), path.address],
    )
    .catch((error) => String(error.stdout ?? '')) // its status tells of a lost one
  return Array.from(text.matchAll(/time=([\d.]+) ms/g), (match) => Number(match[1]) * 1000)
}

export interface FrameFigures {
  /** What the client's kernel took. */
  readonly sentPerSecond: number
  readonly deliveredPerSecond: number
  readonly lostShare: number
}

/** Frames of 64 bytes: as fast as the client's kernel takes them, or at a rate. */
export async function sendFrames(
  path: Path,
  options: { readonly durationMs: number; readonly framesPerSecond?: number },
): Promise<FrameFigures> {
  const blast = await buildTool(new URL('./blast.c', import.meta.url))
  const receiver = watch(path.server, [blast, 'receive', BLAST_PORT])
  await until(() => receiver.output().includes('ready'), {
    what: 'the frame counter',
    intervalMs: 10,
  })
  const text = await path.client.exec(
    ...([blast, 'send', path.address, BLAST_PORT] as const),
    ...[String(UDP_PAYLOAD_BYTES_OF_64), String(options.durationMs)],
    ...(options.framesPerSecond === undefined ? [] : [String(options.framesPerSecond)]),
  )
  const sent = JSON.parse(text)
  const { received, seconds } = JSON.parse((await receiver.stop()).replace('ready\n', ''))
  return {
    sentPerSecond: sent.sent / sent.seconds,
    deliveredPerSecond: seconds > 0 ? received / seconds : 0,
    lostShare: sent.sent > 0 ? 1 - received / sent.sent : 1,
  }
}

/**
 * Small requests over TCP connections that stay, each client one at a time and at most one an
 * interval; gives the times to the answer in microseconds, for one without answer how long it
 * waited.
 */
export async function askAndAnswer(
  path: Path,
  options: {
    readonly clients: number
    readonly intervalMs: number
    readonly durationMs: number
  },
): Promise<number[]> {
  const talk = await buildTool(new URL('./talk.c', import.meta.url))
  const server = watch(path.server, [talk, 'serve', TALK_PORT])
  await until(() => server.output().includes('ready'), { what: 'the talk server', intervalMs: 10 })
  const text = await path.client.exec(
    ...([talk, 'ask', path.address, TALK_PORT, String(options.clients)] as const),
    ...[String(options.intervalMs * 1000), String(options.durationMs)],
  )
  await server.stop()
  return JSON.parse(text).answeredUs
}

/** A program whose output is kept; `stop` ends it and gives all of it. */
function watch(
  namespace: Namespace,
  [command = '', ...args]: readonly string[],
  complaints: 'inherit' | 'ignore' = 'inherit',
): { output(): string; stop(signal?: NodeJS.Signals): Promise<string> } {
  const child: ChildProcess = namespace.spawn(command, args, {
    stdio: ['ignore', 'pipe', complaints],
  })
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  const isOver = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    output: () => output,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      await isOver
      return output
    },
  }
}
