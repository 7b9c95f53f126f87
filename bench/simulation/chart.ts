// What happened in a simulation, kept to be drawn: the last messages as a sequence chart of
// Mermaid.

const KEPT = 400

interface Line {
  readonly atMs: number
  readonly from: string
  readonly to: string
  readonly text: string
}

export class Chart {
  readonly #lines: Line[] = []
  #dropped = 0

  /** `from` and `to` are the same: something that happened there. */
  add(atMs: number, from: string, to: string, text: string): void {
    this.#lines.push({ atMs, from, to, text })
    if (this.#lines.length < 2 * KEPT) return
    this.#lines.splice(0, KEPT)
    this.#dropped += KEPT
  }

  /** Two ends of a path's messages, as `a b`; null: everything. */
  draw(): string {
    const lines = this.#lines.slice(-KEPT)
    const dropped = this.#dropped + this.#lines.length - lines.length
    return [
      'sequenceDiagram',
      ...(dropped === 0 ? [] : [`  %% ${dropped} messages before these`]),
      ...lines.map(({ atMs, from, to, text }) => {
        const when = `${(atMs / 1000).toFixed(3)} s`
        if (from === to) return `  Note over ${from}: ${when} ${text}`
        return `  ${from}->>${to}: ${when} ${text}`
      }),
    ].join('\n')
  }
}
