// 'Did you mean ...?': the nearest of the known words by edit distance.

/** Number of insertions, deletions, substitutions and swaps of neighbours from one to the other. */
export function editDistance(from: string, to: string): number {
  const rows = Array.from({ length: from.length + 1 }, (_, row) => [
    row,
    ...new Array<number>(to.length).fill(0),
  ])
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0
  for (let column = 0; column <= to.length; column++) (rows[0] as number[])[column] = column
  for (let row = 1; row <= from.length; row++) {
    for (let column = 1; column <= to.length; column++) {
      const cost = from[row - 1] === to[column - 1] ? 0 : 1
      let best = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + cost,
      )
      const isSwap =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1]
      if (isSwap) best = Math.min(best, at(row - 2, column - 2) + 1)
      ;(rows[row] as number[])[column] = best
    }
  }
  return at(from.length, to.length)
}

/** The known word nearest to `word`, case aside; null if none is near enough to be meant. */
export function nearest(word: string, known: readonly string[]): string | null {
  const bound = Math.max(2, Math.floor(word.length / 3))
  let best: { readonly word: string; readonly distance: number } | null = null
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance <= bound && (best === null || distance < best.distance)) {
      best = { word: candidate, distance }
    }
  }
  return best?.word ?? null
}
