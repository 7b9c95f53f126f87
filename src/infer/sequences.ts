// Which reports of one start of a daemon have come: finds duplicates, counts the lost, and tells
// for which stretches of time between two reports it is known that nothing was sent.

/** Reports later than this many others are not told from duplicates any more. */
const REMEMBERED = 256

export interface Stretch {
  readonly fromMs: number
  readonly toMs: number
}

export class SequenceLog {
  #first = Number.POSITIVE_INFINITY
  #last = 0
  #received = 0
  readonly #sequence = new Float64Array(REMEMBERED)
  readonly #fromMs = new Float64Array(REMEMBERED)
  readonly #toMs = new Float64Array(REMEMBERED)

  /** Sent and not here, as far as it shows. A late report takes its loss back. */
  get lost(): number {
    return this.#received === 0 ? 0 : this.#last - this.#first + 1 - this.#received
  }

  /** False: it was here before, or is so old that nobody knows. */
  isNew(sequence: number): boolean {
    return sequence > this.#last - REMEMBERED && this.#sequence[sequence % REMEMBERED] !== sequence
  }

  /**
   * Notes a new report.
   * @returns stretches beside it that were silent: hosts leave idle time out, so what lies between
   *   two successive numbers was empty
   */
  note(sequence: number, { fromMs, toMs }: Stretch): Stretch[] {
    const slot = sequence % REMEMBERED
    this.#sequence[slot] = sequence
    this.#fromMs[slot] = fromMs
    this.#toMs[slot] = toMs
    this.#received += 1
    this.#first = Math.min(this.#first, sequence)
    this.#last = Math.max(this.#last, sequence)
    const silent: Stretch[] = []
    const before = (sequence - 1) % REMEMBERED
    if (sequence > 1 && this.#sequence[before] === sequence - 1) {
      silent.push({ fromMs: this.#toMs[before] ?? fromMs, toMs: fromMs })
    }
    const after = (sequence + 1) % REMEMBERED
    if (this.#sequence[after] === sequence + 1) {
      silent.push({ fromMs: toMs, toMs: this.#fromMs[after] ?? toMs })
    }
    return silent.filter((one) => one.toMs > one.fromMs)
  }
}
