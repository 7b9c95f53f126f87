// The window told again in the plainest way: all reports are kept, and each question is answered by
// going through all of them. What the columns give must be the same.

import type { MatrixReport } from '../../../src/infer/types.ts'
import type { WindowShape } from '../../../src/infer/window.ts'

/** Bytes by `source destination` of all new reports within the window that ends at `nowMs`. */
export function referenceWindow(
  reports: readonly MatrixReport[],
  shape: WindowShape,
  nowMs: number,
): Map<string, number> {
  const endMs = Math.floor(nowMs / shape.bucketMs) * shape.bucketMs
  const fromMs = endMs - shape.bucketMs * shape.buckets
  const seen = new Set<string>()
  const sums = new Map<string, number>()
  for (const report of reports) {
    const id = `${report.host} ${report.instance} ${report.sequence}`
    if (seen.has(id)) continue
    seen.add(id)
    if (report.fromMs < fromMs || report.toMs > endMs) continue
    for (const [i, source] of report.source.entries()) {
      const key = `${report.guests[source]} ${report.guests[report.destination[i] ?? 0]}`
      sums.set(key, (sums.get(key) ?? 0) + (report.bytes[i] ?? 0))
    }
  }
  return sums
}
