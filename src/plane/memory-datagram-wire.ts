// One direction of the UDP path between two in-memory planes: datagrams that are lost on the path
// are asked for once and come later, out of order, or never; nothing waits for them.

import type { Clock } from '../base/clock.ts'
import { LINK_QUEUE_BYTES_MAX } from '../base/limits.ts'
import type { Random } from '../base/random.ts'
import type { PathConditions } from './memory-wire.ts'

/** What travels beside the TLS connection, one a datagram. */
export type Datagram =
  | { readonly kind: 'frame'; readonly frame: Uint8Array; readonly hops: number }
  | { readonly kind: 'probe' | 'answer'; readonly stampMs: number }

/** Header and tag (docs/protocol.md). */
const OVERHEAD_BYTES = 32

export interface DatagramWireOptions {
  readonly clock: Clock
  readonly random: Random
  /** Asked anew for each datagram, so it may change. */
  readonly conditions: () => PathConditions
  readonly deliver: (datagram: Datagram, how: { readonly isRepaired: boolean }) => void
  /** A datagram with a frame that never comes. */
  readonly onLost: () => void
}

export class DatagramWire {
  readonly #options: DatagramWireOptions
  /** When what was sent so far has left, at the path's rate. */
  #freeAtMs = 0

  constructor(options: DatagramWireOptions) {
    this.#options = options
  }

  /** False: too much waits for the path already. */
  send(datagram: Datagram): boolean {
    const { clock, conditions } = this.#options
    const { delayMs, bytesPerSecond } = conditions()
    const nowMs = clock.monotonicMs()
    const waitingMs = Math.max(0, this.#freeAtMs - nowMs)
    // Without a rate nothing waits, and 0 times infinity is no number: not more than the bound.
    if ((waitingMs * bytesPerSecond) / 1_000 > LINK_QUEUE_BYTES_MAX) return false
    const sendingMs = (bytesOf(datagram) * 1_000) / bytesPerSecond
    this.#freeAtMs = nowMs + waitingMs + sendingMs
    const wayMs = waitingMs + sendingMs + delayMs
    if (this.#isPassing()) this.#arrive(datagram, { afterMs: wayMs, isRepaired: false })
    else if (datagram.kind !== 'frame')
      return true // probes are not asked for again
    else if (!this.#isPassing()) this.#options.onLost()
    else this.#arrive(datagram, { afterMs: wayMs + 2 * delayMs, isRepaired: true })
    return true
  }

  #isPassing(): boolean {
    const { lossRatio, isCut, isUdpBlocked } = this.#options.conditions()
    if (isCut || isUdpBlocked) return false
    return lossRatio === 0 || this.#options.random.next() >= lossRatio
  }

  #arrive(
    datagram: Datagram,
    { afterMs, isRepaired }: { readonly afterMs: number; readonly isRepaired: boolean },
  ): void {
    const { clock, deliver } = this.#options
    clock.after(afterMs, () => deliver(datagram, { isRepaired }))
  }
}

function bytesOf(datagram: Datagram): number {
  return OVERHEAD_BYTES + (datagram.kind === 'frame' ? datagram.frame.length : OVERHEAD_BYTES)
}
