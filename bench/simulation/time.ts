// The virtual clock of a simulation: what is to happen, in order of time, and of its ordering where
// times are equal. Nothing waits: the clock jumps to what comes next.

interface Entry {
  readonly atMs: number
  readonly number: number
  readonly act: () => void
}

export class VirtualTime {
  nowMs = 0
  #number = 0
  /** A binary heap, the first to come at index 0. */
  readonly #heap: Entry[] = []

  after(delayMs: number, act: () => void): void {
    this.#number += 1
    this.#heap.push({ atMs: this.nowMs + delayMs, number: this.#number, act })
    this.#rise(this.#heap.length - 1)
  }

  runUntil(endMs: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= endMs; ) {
      this.nowMs = first.atMs
      this.#removeFirst()
      first.act()
      first = this.#heap[0]
    }
    this.nowMs = endMs
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfEarlier(at, parent)) return
      at = parent
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      const child = this.#isEarlier(right, left) ? right : left
      if (!this.#swapIfEarlier(child, at)) return
      at = child
    }
  }

  #isEarlier(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]]
    if (a === undefined || b === undefined) return false
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number)
  }

  #swapIfEarlier(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]]
    if (a === undefined || b === undefined || !this.#isEarlier(one, other)) return false
    this.#heap[one] = b
    this.#heap[other] = a
    return true
  }
}
