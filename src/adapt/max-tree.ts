// The largest of many numbers that change one at a time: a tournament tree (Knuth, TAOCP 3, 5.4.1).
// A change costs log2(n) comparisons, the largest none.

export class MaxTree {
  readonly #leaves: number
  readonly #nodes: Float64Array

  /** The numbers at first; none is ever negative. */
  constructor(numbers: Float64Array) {
    this.#leaves = 1 << Math.ceil(Math.log2(Math.max(1, numbers.length)))
    const nodes = new Float64Array(2 * this.#leaves)
    nodes.set(numbers, this.#leaves)
    for (let node = this.#leaves - 1; node >= 1; node -= 1) {
      nodes[node] = Math.max(nodes[2 * node] as number, nodes[2 * node + 1] as number)
    }
    this.#nodes = nodes
  }

  get(index: number): number {
    return this.#nodes[this.#leaves + index] ?? 0
  }

  set(index: number, value: number): void {
    const nodes = this.#nodes
    let node = this.#leaves + index
    nodes[node] = value
    while (node > 1) {
      const winner = Math.max(nodes[node] as number, nodes[node ^ 1] as number)
      node >>= 1
      if (nodes[node] === winner) return
      nodes[node] = winner
    }
  }

  max(): number {
    return this.#nodes[1] ?? 0
  }

  /** The index of the largest; of equals the lowest. */
  argmax(): number {
    const largest = this.max()
    let node = 1
    while (node < this.#leaves) node = this.#nodes[2 * node] === largest ? 2 * node : 2 * node + 1
    return node - this.#leaves
  }
}
