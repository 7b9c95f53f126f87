// The network under a simulated overlay: which machines reach each other, how long a message takes,
// and what is cut. A connection is like TCP: in order, nothing twice; while a way is cut its
// messages wait, and are lost with the connection.

import type { Random } from '../../src/base/random.ts'
import type { VirtualTime } from './time.ts'

export const PROXY = 'proxy'
/** While a way is cut, TCP tries again so often. */
const RESEND_MS = 200

export interface Underlay {
  readonly time: VirtualTime
  readonly random: Random
  /** Longest way of a message, ms; changes during a run. */
  delayMs: number
  /** Ordered pairs `from to` that carry nothing. */
  readonly cut: Set<string>
  /** Pairs `a b` (sorted) that let no connection through, as a firewall does. */
  readonly closed: Set<string>
  /** Pairs `a b` (sorted) and the share of the packets that they lose. */
  readonly lossy: Map<string, number>
}

export function createUnderlay(time: VirtualTime, random: Random): Underlay {
  return { time, random, delayMs: 20, cut: new Set(), closed: new Set(), lossy: new Map() }
}

export const isCut = ({ cut }: Underlay, from: string, to: string) => cut.has(`${from} ${to}`)

/** A message's or frame's time on its way. */
export const wayMs = ({ random, delayMs }: Underlay) => 1 + random.next() * delayMs

/** One direction of a connection. */
export class Stream {
  readonly #underlay: Underlay
  readonly #from: string
  readonly #to: string
  readonly #isOpen: () => boolean
  #lastMs = 0
  readonly #waiting: (() => void)[] = []

  constructor(
    underlay: Underlay,
    { from, to }: { readonly from: string; readonly to: string },
    isOpen: () => boolean,
  ) {
    this.#underlay = underlay
    this.#from = from
    this.#to = to
    this.#isOpen = isOpen
  }

  /** `act` happens at the other end, if the connection lives until then. */
  send(act: () => void): void {
    const { time } = this.#underlay
    this.#lastMs = Math.max(this.#lastMs, time.nowMs + wayMs(this.#underlay))
    time.after(this.#lastMs - time.nowMs, () => this.#arrive(act))
  }

  #arrive(act: () => void): void {
    if (!this.#isOpen()) return
    if (this.#waiting.length === 0 && !isCut(this.#underlay, this.#from, this.#to)) {
      act()
      return
    }
    this.#waiting.push(act)
    if (this.#waiting.length === 1) this.#underlay.time.after(RESEND_MS, () => this.#retry())
  }

  #retry(): void {
    if (!this.#isOpen()) return
    if (isCut(this.#underlay, this.#from, this.#to)) {
      this.#underlay.time.after(RESEND_MS, () => this.#retry())
      return
    }
    for (const act of this.#waiting.splice(0)) if (this.#isOpen()) act()
  }
}
