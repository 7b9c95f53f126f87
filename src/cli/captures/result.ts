// What `vnet infer` found, in the form in which --json prints it and the view shows it.

import type { GuestNames, RecognisedRow } from '../../control/api.ts'
import { recognisedRow } from '../../control/inferred.ts'
import type { InferParameters } from '../../infer/parameters.ts'
import type { EdgeKey, Topology } from '../../infer/types.ts'
import type { InferredCaptures } from './infer.ts'

/** A point of capture: a file, or an interface of one. */
export interface CaptureRow {
  readonly name: string
  readonly file: string
  readonly frames: number
  readonly firstMs: number
  readonly lastMs: number
  /** What the first file's clock showed more than this one's. */
  readonly clockOffsetMs: number
  /** By how many frames in common the clock was compared; 0: it is taken as it is. */
  readonly comparedFrames: number
}

export interface PhaseRow {
  /** When its first frame was seen, by the first file's clock. */
  readonly fromMs: number
  readonly toMs: number
  /** With the mean rates while its edges were in use. */
  readonly topology: Topology
  readonly patterns: readonly RecognisedRow[]
  readonly added: readonly EdgeKey[]
  readonly removed: readonly EdgeKey[]
}

export interface InferResult {
  readonly parameters: InferParameters
  readonly captures: readonly CaptureRow[]
  /** What was wrong with files, and what is left out of them. */
  readonly problems: readonly string[]
  readonly firstMs: number
  readonly lastMs: number
  readonly phases: readonly PhaseRow[]
  readonly names: GuestNames
}

export function inferResult(
  inferred: InferredCaptures,
  {
    files,
    parameters,
    names,
  }: {
    readonly files: readonly string[]
    readonly parameters: InferParameters
    readonly names: GuestNames
  },
): InferResult {
  const { points, alignment, captures } = inferred
  return {
    ...{ parameters, names },
    captures: points.map(({ name, file, frames, firstMs, lastMs }, point) => ({
      ...{ name, frames, firstMs, lastMs },
      file: files[file] ?? name,
      clockOffsetMs: alignment.offsetsMs[point] ?? 0,
      comparedFrames: alignment.comparedFrames[point] ?? 0,
    })),
    problems: [
      ...captures.flatMap(({ file, problem }) => (problem === null ? [] : [`${file}: ${problem}`])),
      ...captures.flatMap(({ file, untimedFrames }) =>
        untimedFrames === 0 ? [] : [`${file}: ${untimedFrames} frames without a time are left out`],
      ),
      ...points.flatMap(({ name }, point) =>
        alignment.isAlone[point]
          ? [`${name}: no frame in common with the others, so its clock is taken as it is`]
          : [],
      ),
    ],
    firstMs: inferred.firstMs,
    lastMs: inferred.lastMs,
    phases: inferred.phases.map(({ fromMs, toMs, topology, patterns, change }) => ({
      ...{ fromMs, toMs, topology },
      patterns: patterns.map(recognisedRow),
      added: change?.added ?? [],
      removed: change?.removed ?? [],
    })),
  }
}
