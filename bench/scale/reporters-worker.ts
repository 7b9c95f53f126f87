// Many hosts in one process, as far as the proxy can tell: each has a TLS link with a certificate
// of its own, says Hello, and reports at the edges that the proxy orders. Reports are made once;
// number and times are written into them each time.

import { setTimeout as sleep } from 'node:timers/promises'
import { macFromNumber } from '../../src/base/mac.ts'
import { matrixMessages } from '../../src/daemon/matrix-message.ts'
import { createNativePlane, type NativePlaneHandle } from '../../src/native/native-plane.ts'
import { pairColumns } from '../../src/plane/pair-columns.ts'
import type { Credentials, LinkId, PlaneEvent } from '../../src/plane/plane.ts'
import { type ControlMessage, decodeControl, encodeControl } from '../../src/wire/control.ts'
import { serveRequests } from '../channel.ts'

export type ReporterRequest =
  | {
      readonly kind: 'start'
      readonly proxy: { readonly host: string; readonly port: number }
      readonly credentials: readonly Credentials[]
      /** Where the proxy serves its metrics. */
      readonly metrics: string
    }
  | { readonly kind: 'state' }

export interface ReporterState {
  readonly atMs: number
  readonly links: number
  /** How long the proxy took to answer, each time since the last call. */
  readonly answersMs: readonly number[]
  /** From the end of a report's interval until it was taken in: the mean of each second. */
  readonly delaysMs: readonly number[]
  /** All without labels. */
  readonly metrics: Readonly<Record<string, number>>
}

interface Reporter {
  readonly link: LinkId
  readonly bytes: Uint8Array
  /** Where the sequence is written, and behind it the times. */
  readonly at: number
  sequence: number
}

const GUESTS = 10
const PARTNERS = 20
const GROUP = 100
/** In varints of 3 bytes, up to 2 million. */
const FIRST_SEQUENCE = 20_000
const TIME_BYTES = 6
const ASK_INTERVAL_MS = 100
const WATCH_INTERVAL_MS = 1_000

let plane: NativePlaneHandle
const reporters: Reporter[] = []
let intervalMs = 0
let answersMs: number[] = []
let delaysMs: number[] = []
let figures: Record<string, number> = {}
let asked: { readonly id: number; readonly atMs: number } | null = null
let questions = 0
let onPending: (link: LinkId) => void = () => {}

serveRequests<ReporterRequest>(async (request) =>
  request.kind === 'start' ? start(request) : state(),
)

async function start(request: Extract<ReporterRequest, { kind: 'start' }>) {
  const { proxy, credentials, metrics } = request
  plane = createNativePlane({ role: 'proxy', workers: 1 }) // which may have many star links
  plane.onEvent = handle
  for (const [index, own] of credentials.entries()) {
    plane.setCredentials(own)
    const isPending = new Promise<LinkId>((resolve) => {
      onPending = resolve
    })
    plane.dial(proxy)
    const link = await isPending
    plane.admit(link, { role: 'star', peer: 'proxy' })
    send(link, hello(`host-${index}`))
    send(link, announcement(index))
    reporters.push(reporterOf(link, index))
  }
  reportOnAndOn()
  setInterval(askTime, ASK_INTERVAL_MS)
  watchOnAndOn(metrics)
}

function lost(reason: string): void {
  process.stderr.write(`a link closed: ${reason}\n`)
  process.exit(1)
}

function hello(name: string): ControlMessage {
  return {
    ...{ kind: 'hello', requestId: 0, versionMajor: 1, versionMinor: 0, name, role: 'host' },
    ...{ software: 'reporters', instance: 'one', wallClockMs: Date.now(), endpoints: [] },
    ...{ linkRole: 'star', linkOrderId: '' },
  }
}

/** Of its guests: reports of others' are not taken. */
function announcement(host: number): ControlMessage {
  const added = Array.from({ length: GUESTS }, (_, guest) => guestMac(host * GUESTS + guest))
  return { kind: 'macAnnounce', requestId: 0, sequence: 1, isFull: true, added, removed: [] }
}

const guestMac = (guest: number) => macFromNumber(0x020000000000 + guest)

function handle(event: PlaneEvent): void {
  if (event.kind === 'link-pending') onPending(event.link.id)
  if (event.kind === 'link-closed') lost(event.reason)
  if (event.kind !== 'control') return
  const decoded = decodeControl(event.message)
  if (!decoded.ok) throw new Error(decoded.reason)
  const { message } = decoded
  if (message.kind === 'matrixOrder') intervalMs = message.updateIntervalMs
  if (message.kind === 'clockReply' && message.requestId === asked?.id) {
    answersMs.push(performance.now() - asked.atMs)
    asked = null
  }
}

function send(link: LinkId, message: ControlMessage): void {
  if (!plane.sendControl(link, encodeControl(message))) throw new Error('a queue is full')
}

/** One open question at a time, on another link each time. */
function askTime(): void {
  if (asked !== null) return
  questions++
  const { link } = reporters[questions % reporters.length] ?? {}
  if (link === undefined) return
  asked = { id: questions, atMs: performance.now() }
  send(link, { kind: 'clockRequest', requestId: questions })
}

function reportOnAndOn(): void {
  const nowMs = Date.now()
  const stepMs = intervalMs === 0 ? 100 : intervalMs
  const edgeMs = (Math.floor(nowMs / stepMs) + 1) * stepMs
  setTimeout(() => {
    for (const reporter of reporters) report(reporter, edgeMs, stepMs)
    reportOnAndOn()
  }, edgeMs - nowMs)
}

function report(reporter: Reporter, toMs: number, lengthMs: number): void {
  const { bytes, at, link } = reporter
  writeVarint(bytes, at, reporter.sequence)
  writeVarint(bytes, at + 4, toMs - lengthMs)
  writeVarint(bytes, at + 4 + TIME_BYTES + 1, toMs)
  // What the link does not take is lost; the next number tells.
  reporter.sequence++
  plane.sendControl(link, bytes)
}

function reporterOf(link: LinkId, host: number): Reporter {
  const [a, b] = [0, 1].map((more) => encodeReport(host, FIRST_SEQUENCE + more))
  if (a === undefined || b === undefined) throw new Error('two reports')
  const at = a.findIndex((byte, index) => byte !== b[index])
  return { link, bytes: a, at, sequence: FIRST_SEQUENCE }
}

function encodeReport(host: number, sequence: number): Uint8Array {
  const rows = Array.from({ length: GUESTS * PARTNERS }, (_, pair) => {
    const guest = host * GUESTS + Math.floor(pair / PARTNERS)
    const group = guest - (guest % GROUP)
    const other = group + ((guest - group + 1 + (pair % PARTNERS)) % GROUP)
    const bytes = 400_000 + ((pair * 7_919 + host * 104_729) % 400_000)
    return {
      source: guestMac(guest),
      destination: guestMac(other),
      ...{ bytes, frames: Math.ceil(bytes / 1_514), droppedFrames: 0 },
    }
  })
  const nowMs = Date.now()
  const cut = { sequence, fromMs: nowMs - 100, toMs: nowMs, columns: pairColumns(rows) }
  const [message, ...more] = matrixMessages(cut)
  if (message === undefined || more.length > 0) throw new Error('one message')
  return encodeControl(message)
}

/** In as many bytes as are there: the numbers keep their length. */
function writeVarint(bytes: Uint8Array, offset: number, number: number): void {
  let rest = number
  let at = offset
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 0x80
  bytes[at] = rest
}

/** Asks the proxy for its figures once a second. */
async function watchOnAndOn(metrics: string): Promise<void> {
  for (;;) {
    const before = figures
    const text = await (await fetch(`http://${metrics}/metrics`)).text()
    const lines = text.matchAll(/^(vnet_inference_\w+) (\S+)$/gm)
    figures = Object.fromEntries(Array.from(lines, ([, name, value]) => [name, Number(value)]))
    const since = (name: string) => (figures[name] ?? Number.NaN) - (before[name] ?? Number.NaN)
    const seconds = since('vnet_inference_report_delay_seconds_total')
    const delayMs = (1_000 * seconds) / since('vnet_inference_reports_total')
    if (Number.isFinite(delayMs)) delaysMs.push(delayMs)
    await sleep(WATCH_INTERVAL_MS)
  }
}

function state(): ReporterState {
  const taken = { answersMs, delaysMs }
  answersMs = []
  delaysMs = []
  return { atMs: Date.now(), links: reporters.length, ...taken, metrics: figures }
}
