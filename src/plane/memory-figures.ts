// What the twin measures of its links: times during which something is the case, the round-trip
// time of keepalive, and the figures of a link made out of both (link-figures.ts).

import type { LinkFigures } from './link-figures.ts'
import type { LinkId } from './plane.ts'

/** The least round trip is that of so long. */
const RTT_WINDOW_MS = 10_000

/** How long something was so, in ms. */
export class Duration {
  #totalMs = 0
  #sinceMs: number | null = null

  note(isSo: boolean, nowMs: number): void {
    if (isSo) this.#sinceMs ??= nowMs
    else {
      this.#totalMs = this.totalMs(nowMs)
      this.#sinceMs = null
    }
  }

  totalMs(nowMs: number): number {
    return this.#totalMs + (this.#sinceMs === null ? 0 : nowMs - this.#sinceMs)
  }
}

/** What a wire has done so far. */
export interface WireFigures {
  readonly sentBytes: number
  readonly resentBytes: number
  readonly deliveredBytes: number
  readonly busyMs: number
  readonly waitingMs: number
}

const NOTHING: WireFigures = {
  ...{ sentBytes: 0, resentBytes: 0, deliveredBytes: 0 },
  ...{ busyMs: 0, waitingMs: 0 },
}

/** Of one link. */
export class LinkMeter {
  #rtts: readonly { readonly atMs: number; readonly rttMs: number }[] = []
  #smoothedMs: number | null = null
  #deviationMs = 0
  #datagramBytes = 0

  /** Keepalive was answered. */
  sample(rttMs: number, nowMs: number): void {
    const recent = this.#rtts.filter(({ atMs }) => atMs > nowMs - RTT_WINDOW_MS)
    this.#rtts = [...recent, { atMs: nowMs, rttMs }]
    const before = this.#smoothedMs ?? rttMs
    this.#deviationMs += (Math.abs(before - rttMs) - this.#deviationMs) / 4
    this.#smoothedMs = before + (rttMs - before) / 8
  }

  /** By UDP, which the wire knows nothing of. */
  sentDatagram(bytes: number): void {
    this.#datagramBytes += bytes
  }

  figures(
    link: LinkId,
    wire: WireFigures | null,
    now: Pick<LinkFigures, 'queuedBytes' | 'receivedBytes'>,
  ): LinkFigures {
    const { sentBytes, resentBytes, deliveredBytes, busyMs, waitingMs } = wire ?? NOTHING
    const us = (ms: number | null) => (ms === null ? null : ms * 1_000)
    const minRttMs =
      this.#rtts.length === 0 ? null : Math.min(...this.#rtts.map(({ rttMs }) => rttMs))
    return {
      link,
      minRttUs: us(minRttMs),
      rttUs: us(this.#smoothedMs),
      jitterUs: this.#deviationMs * 1_000,
      sentBytes: sentBytes + this.#datagramBytes,
      resentBytes,
      deliveredBytes: deliveredBytes + this.#datagramBytes,
      busyUs: busyMs * 1_000,
      waitingUs: waitingMs * 1_000,
      ...now,
      deliveryRateBytesPerSecond: null,
      isApplicationLimited: true,
    }
  }
}
