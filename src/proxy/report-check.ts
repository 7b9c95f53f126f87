// Nobody reports the traffic of others' guests: pairs whose source does not live at the host that
// reports them are left out and counted. What was on its way while a guest moved, or was announced,
// is let pass.

import type { Clock } from '../base/clock.ts'
import { MAC_TABLE_MAX } from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import type { MatrixReport } from '../infer/types.ts'

/** So long a host may report a guest that left it, or that it has not announced yet. */
export const HOME_GRACE_MS = 5_000

/** What a host reported of guests that are not its own. */
export interface Foreign {
  /** Since the start. */
  readonly pairs: number
  /** The latest: monotonic time, one of the guests, and where it lives (null: nobody said). */
  readonly atMs: number
  readonly mac: MacAddress
  readonly home: string | null
}

export interface ReportCheck {
  /** The report without the pairs of guests that live elsewhere; mostly the report itself. */
  sift(report: MatrixReport): MatrixReport
  /** Pairs left out since the start. */
  refusedPairs(): number
  /** By host. */
  readonly foreign: ReadonlyMap<string, Foreign>
}

/** Where a guest lived when it was last reported. */
interface Seen {
  host: string
  /** Nobody has announced it. */
  isHomeless: boolean
  /** When it was last known to live there; of a homeless one: since when it is reported. */
  atMs: number
}

export function createReportCheck(options: {
  readonly clock: Clock
  /** The daemon that a guest belongs to; null: not announced. */
  readonly homeOf: (mac: MacAddress) => string | null
}): ReportCheck {
  const { clock, homeOf } = options
  const seen = new Map<MacAddress, Seen>()
  const foreign = new Map<string, Foreign>()
  let refused = 0

  function isWelcome(mac: MacAddress, host: string, nowMs: number): boolean {
    const home = homeOf(mac)
    const known = seen.get(mac)
    const isProven = home === host
    if (isProven || home === null) {
      const isSame = known !== undefined && known.host === host && known.isHomeless
      const atMs = isSame && !isProven ? known.atMs : nowMs
      note(mac, known, { host, isHomeless: !isProven, atMs })
      return nowMs - atMs < HOME_GRACE_MS
    }
    return known !== undefined && known.host === host && nowMs - known.atMs < HOME_GRACE_MS
  }

  function note(mac: MacAddress, known: Seen | undefined, now: Seen): void {
    if (known !== undefined) {
      Object.assign(known, now)
      return
    }
    if (seen.size >= MAC_TABLE_MAX) seen.clear() // what is on its way at that moment is lost
    seen.set(mac, now)
  }

  function count(host: string, pairs: number, mac: MacAddress): void {
    refused += pairs
    const before = foreign.get(host)?.pairs ?? 0
    const atMs = clock.monotonicMs()
    foreign.set(host, { pairs: before + pairs, atMs, mac, home: homeOf(mac) })
  }

  return {
    sift(report) {
      const { host, guests, source } = report
      const nowMs = clock.monotonicMs()
      // By number in the dictionary: 0 not looked at, 1 welcome, 2 not.
      const verdicts = new Uint8Array(guests.length)
      let stranger: MacAddress | null = null
      let strangers = 0
      for (const number of source) {
        if (verdicts[number] === 0) {
          const mac = guests[number]
          const isOwn = mac === undefined || isWelcome(mac, host, nowMs)
          verdicts[number] = isOwn ? 1 : 2
          if (!isOwn) stranger = mac
        }
        if (verdicts[number] === 2) strangers++
      }
      if (stranger === null) return report
      count(host, strangers, stranger)
      return without(report, verdicts)
    },
    refusedPairs: () => refused,
    foreign,
  }
}

function without(report: MatrixReport, verdicts: Uint8Array): MatrixReport {
  const { source } = report
  const isKept = (_: number, entry: number) => verdicts[source[entry] ?? 0] !== 2
  return {
    ...report,
    source: source.filter(isKept),
    destination: report.destination.filter(isKept),
    bytes: report.bytes.filter(isKept),
    frames: report.frames.filter(isKept),
    droppedFrames: report.droppedFrames.filter(isKept),
  }
}
