// From reports to the matrix of the whole network: each report is checked, found to be new, put
// into the right time and added to the window. What order they come in makes no difference.

import { PAIR_TABLE_MAX } from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import {
  cover,
  eachBucket,
  faultOf,
  type Host,
  HostTable,
  logOf,
  placed,
  shiftOf,
} from './hosts.ts'
import { GuestTable, grown, NONE, PairTable } from './pairs.ts'
import type { Stretch } from './sequences.ts'
import type { MatrixReport } from './types.ts'
import type { Window } from './window.ts'

/** Pairs of one host: a quarter of the table, so that one host alone cannot fill it. */
const HOST_PAIRS_MAX = PAIR_TABLE_MAX / 4

/** The matrix of the whole network, and who told it. */
export interface Matrix {
  readonly guests: GuestTable
  readonly pairs: PairTable
  readonly hosts: HostTable
  window: Window
  /** By pair: the host that reported it last. */
  host: Uint32Array
  readonly counts: AggregateCounts
}

export interface AggregateCounts {
  reports: number
  lateReports: number
  duplicateReports: number
  refusedReports: number
  refusedPairs: number
}

export function createMatrix(window: Window): Matrix {
  const guests = new GuestTable()
  return {
    guests,
    pairs: new PairTable(guests),
    hosts: new HostTable(),
    window,
    host: new Uint32Array(window.capacity),
    counts: {
      reports: 0,
      lateReports: 0,
      duplicateReports: 0,
      refusedReports: 0,
      refusedPairs: 0,
    },
  }
}

/** Adds a report to the matrix; refuses by counting. */
export function addReport(matrix: Matrix, report: MatrixReport, receivedMs: number): void {
  const { counts, window } = matrix
  counts.reports += 1
  const host = faultOf(report) === null ? matrix.hosts.intern(report.host, receivedMs) : null
  if (host === null) {
    counts.refusedReports += 1
    return
  }
  const log = logOf(host, report.instance)
  if (!log.isNew(report.sequence)) {
    counts.duplicateReports += 1
    host.duplicates += 1
    return
  }
  host.lastReceivedMs = Math.max(host.lastReceivedMs, receivedMs)
  host.skew.see(report.toMs, receivedMs)
  const { bucketMs } = window.shape
  const shiftMs = shiftOf(host, bucketMs)
  const stretch = placed(report, shiftMs, bucketMs)
  if (stretch.toMs > window.limit * bucketMs) {
    // No tick for long: the window goes as far as time has.
    window.advance(Math.floor(receivedMs / bucketMs), matrix.pairs.end)
  }
  for (const silent of log.note(report.sequence, stretch)) cover(host, silent, window)
  if (receivedMs - stretch.toMs > 2 * bucketMs) counts.lateReports += 1
  const isOutside =
    stretch.toMs <= window.begin * bucketMs || stretch.fromMs >= window.limit * bucketMs
  if (isOutside) {
    counts.refusedReports += 1
    return
  }
  cover(host, stretch, window)
  addPairs(matrix, host, report, stretch)
}

function addPairs(matrix: Matrix, host: Host, report: MatrixReport, stretch: Stretch): void {
  const { pairs, window, counts } = matrix
  const numbers = numberGuests(matrix, host, report.guests)
  const shares = sharesOf(stretch, window)
  const count = report.source.length
  if (host.pairs.length < count) host.pairs = new Int32Array(count).fill(NONE)
  const known = host.pairs
  let refused = 0
  for (let i = 0; i < count; i += 1) {
    const source = numbers[report.source[i] ?? 0] ?? NONE
    const destination = numbers[report.destination[i] ?? 0] ?? NONE
    let pair = known[i] ?? NONE
    if (!pairs.is(pair, source, destination)) {
      pair = internPair(pairs, host, source, destination)
      if (pair === NONE) {
        refused += 1
        continue
      }
      known[i] = pair
      if (pair >= window.capacity) {
        window.reserve(pairs.capacity)
        matrix.host = grown(matrix.host, pairs.capacity)
      }
    }
    matrix.host[pair] = host.number
    addEntry(window, pair, shares, report, i)
  }
  if (refused === 0) return
  counts.refusedPairs += refused
  for (const guest of numbers) if (guest !== NONE) matrix.guests.forgetUnused(guest)
}

/** Counts anew how many pairs each host has: they come, go and change hosts. */
export function countPairs({ pairs, hosts, host }: Matrix): void {
  const counts = new Uint32Array(hosts.end)
  for (let pair = 0; pair < pairs.end; pair += 1) {
    const owner = host[pair] ?? 0
    if (pairs.isUsed[pair] === 1) counts[owner] = (counts[owner] ?? 0) + 1
  }
  for (const one of hosts.all()) one.pairCount = counts[one.number] ?? 0
}

/** The pair's number; NONE if it is no pair, or there is no room for another one. */
function internPair(pairs: PairTable, host: Host, source: number, destination: number): number {
  if (source === NONE || destination === NONE || source === destination) return NONE
  const known = pairs.find(source, destination)
  if (known !== NONE) return known
  if (host.pairCount >= HOST_PAIRS_MAX) return NONE
  const pair = pairs.intern(source, destination)
  if (pair !== NONE) host.pairCount += 1
  return pair
}

/** Parts of a report's time by bucket: up to which share of it each bucket reaches. */
interface Share {
  readonly bucket: number
  readonly until: number
}

function sharesOf(stretch: Stretch, window: Window): readonly Share[] {
  const { bucketMs } = window.shape
  const lengthMs = stretch.toMs - stretch.fromMs
  const shares: Share[] = []
  eachBucket(stretch, window, (bucket) => {
    const untilMs = Math.min(stretch.toMs, (bucket + 1) * bucketMs)
    shares.push({ bucket, until: (untilMs - stretch.fromMs) / lengthMs })
  })
  const first = shares[0]
  if (first === undefined) return shares
  // What lies before the window must not end up in its first bucket.
  const beforeMs = Math.max(0, first.bucket * bucketMs - stretch.fromMs)
  return beforeMs === 0 ? shares : [{ bucket: Number.NaN, until: beforeMs / lengthMs }, ...shares]
}

/** Spreads an entry evenly over the report's time, in whole bytes and frames. */
function addEntry(
  window: Window,
  pair: number,
  shares: readonly Share[],
  report: MatrixReport,
  entry: number,
): void {
  const bytes = Math.floor(report.bytes[entry] ?? 0)
  const frames = report.frames[entry] ?? 0
  const dropped = report.droppedFrames[entry] ?? 0
  const [only] = shares
  if (only !== undefined && shares.length === 1 && only.until === 1) {
    window.add(pair, only.bucket, bytes, frames, dropped)
    return
  }
  let [bytesBefore, framesBefore, droppedBefore] = [0, 0, 0]
  for (const { bucket, until } of shares) {
    const bytesUntil = Math.round(bytes * until)
    const framesUntil = Math.round(frames * until)
    const droppedUntil = Math.round(dropped * until)
    if (!Number.isNaN(bucket)) {
      window.add(
        pair,
        bucket,
        bytesUntil - bytesBefore,
        framesUntil - framesBefore,
        droppedUntil - droppedBefore,
      )
    }
    ;[bytesBefore, framesBefore, droppedBefore] = [bytesUntil, framesUntil, droppedUntil]
  }
}

/** The numbers of a dictionary's guests. A host's dictionary is mostly the same as before. */
function numberGuests(matrix: Matrix, host: Host, names: readonly MacAddress[]): Int32Array {
  const { guests } = matrix
  if (host.guests.length !== names.length) host.guests = new Int32Array(names.length).fill(NONE)
  const numbers = host.guests
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i]
    if (name === undefined) continue
    const known = numbers[i] ?? NONE
    if (known === NONE || guests.names[known] !== name) numbers[i] = guests.intern(name)
  }
  return numbers
}
