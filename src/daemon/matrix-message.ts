// A cut of the traffic matrix as messages: one, or as many parts as it takes, each with a
// dictionary of its own.

import type { PairColumns } from '../plane/plane.ts'
import { type ControlMessageOf, MATRIX_PAIRS_PER_MESSAGE_MAX } from '../wire/message.ts'
import type { MatrixCut } from './matrix-reporter.ts'

type Report = ControlMessageOf<'matrixReport'>

/** In order; at least one, so that there are heartbeats. */
export function matrixMessages(cut: MatrixCut): readonly Report[] {
  const { sequence, fromMs, toMs, columns } = cut
  const parts = Math.max(1, Math.ceil(columns.source.length / MATRIX_PAIRS_PER_MESSAGE_MAX))
  return Array.from({ length: parts }, (_, part): Report => {
    const head = {
      kind: 'matrixReport',
      requestId: 0,
      sequence,
      fromMs,
      toMs,
      part,
      parts,
    } as const
    return { ...head, ...bodyOf(parts === 1 ? columns : partOf(columns, part)) }
  })
}

function bodyOf({ macs, droppedFrames, ...columns }: PairColumns) {
  const areDropped = droppedFrames.some((frames) => frames > 0)
  return { ...columns, guests: macs, droppedFrames: areDropped ? droppedFrames : NONE }
}

const NONE = new Uint32Array(0)

function partOf(columns: PairColumns, part: number): PairColumns {
  const start = part * MATRIX_PAIRS_PER_MESSAGE_MAX
  const end = start + MATRIX_PAIRS_PER_MESSAGE_MAX
  const indexes = new Map<number, number>()
  const renumber = (index: number) => {
    const known = indexes.get(index)
    if (known !== undefined) return known
    indexes.set(index, indexes.size)
    return indexes.size - 1
  }
  const source = columns.source.subarray(start, end).map(renumber)
  const destination = columns.destination.subarray(start, end).map(renumber)
  const macs = new Uint8Array(indexes.size * 6)
  for (const [old, index] of indexes) {
    macs.set(columns.macs.subarray(old * 6, old * 6 + 6), index * 6)
  }
  return {
    ...{ macs, source, destination },
    bytes: columns.bytes.subarray(start, end),
    frames: columns.frames.subarray(start, end),
    droppedFrames: columns.droppedFrames.subarray(start, end),
  }
}
