// What happens to the window when its shape or the clock changes: nothing seen is thrown away if
// there is a place for it.

import type { Matrix } from './aggregate.ts'
import { cover, coveredIn } from './hosts.ts'
import { Window, type WindowShape } from './window.ts'

/** Puts what the window holds into one of another shape, or into one that ends elsewhere. */
export function reshape(matrix: Matrix, shape: WindowShape, setEnd?: number): void {
  const old = matrix.window
  const { bucketMs } = old.shape
  const end = setEnd ?? Math.floor((old.end * bucketMs) / shape.bucketMs)
  const window = new Window(shape, end)
  window.reserve(old.capacity)
  const known = matrix.hosts.all().map((host) => {
    const buckets = []
    for (let bucket = old.begin; bucket < old.limit; bucket += 1) {
      const ms = coveredIn(host, bucket)
      const fromMs = bucket * bucketMs
      if (ms > 0) buckets.push({ fromMs, toMs: fromMs + Math.min(ms, bucketMs) })
    }
    return { host, buckets }
  })
  for (const { host, buckets } of known) {
    host.coveredBucket.fill(Number.NaN)
    for (const stretch of buckets) cover(host, stretch, window)
  }
  for (let bucket = old.begin; bucket < old.limit; bucket += 1) {
    const into = Math.floor((bucket * bucketMs) / shape.bucketMs)
    if (into < window.begin || into >= window.limit) continue
    for (let pair = 0; pair < matrix.pairs.end; pair += 1) {
      const bytes = old.bytesIn(pair, bucket)
      const dropped = old.droppedIn(pair, bucket)
      if (bytes === 0 && dropped === 0) continue
      window.add(pair, into, bytes, old.framesIn(pair, bucket), dropped)
    }
  }
  matrix.window = window
}
