// Builds matrix reports by hand: short rows of who sends what to whom.

import type { MacAddress } from '../../src/base/mac.ts'
import type { MatrixReport } from '../../src/infer/types.ts'

/** The address of guest `number`. */
export const guest = (number: number): MacAddress =>
  `52:54:00:00:00:${number.toString(16).padStart(2, '0')}` as MacAddress

export interface Row {
  readonly from: number
  readonly to: number
  readonly bytes: number
  /** Default: full frames. */
  readonly frames?: number
  readonly dropped?: number
}

/** A report of what `rows` say. */
export function matrixReport(
  head: Pick<MatrixReport, 'host' | 'sequence' | 'fromMs' | 'toMs'> & {
    readonly instance?: string
  },
  rows: readonly Row[],
): MatrixReport {
  const guests = [...new Set(rows.flatMap(({ from, to }) => [from, to]))]
  return {
    instance: 'first',
    ...head,
    guests: guests.map(guest),
    source: Uint32Array.from(rows, ({ from }) => guests.indexOf(from)),
    destination: Uint32Array.from(rows, ({ to }) => guests.indexOf(to)),
    bytes: Float64Array.from(rows, ({ bytes }) => bytes),
    frames: Uint32Array.from(rows, ({ bytes, frames }) => frames ?? Math.ceil(bytes / 1_514)),
    droppedFrames: Uint32Array.from(rows, ({ dropped }) => dropped ?? 0),
  }
}
