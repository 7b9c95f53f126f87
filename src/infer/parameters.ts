// The parameters of the inference: default, range and meaning of each, in one table that the
// command line, the store and the documentation read.

import { VnetError } from '../base/errors.ts'

/** All of them can be set while it runs. */
export interface InferParameters {
  readonly updateIntervalMs: number
  readonly smoothingIntervalMs: number
  readonly detectionThreshold: number
  readonly floorBytesPerSecond: number
  readonly hysteresis: number
  readonly idleHoldMs: number
  readonly reverseAckFrameBytes: number
  readonly reverseAckShare: number
}

export interface ParameterSpec {
  readonly name: keyof InferParameters
  readonly default: number
  readonly min: number
  readonly max: number
  readonly unit: string
  /** One sentence or two, for a person who is to choose. */
  readonly meaning: string
}

export const INFER_PARAMETERS: readonly ParameterSpec[] = [
  {
    name: 'updateIntervalMs',
    default: 100,
    min: 50,
    max: 5_000,
    unit: 'ms',
    meaning: 'How often hosts report their traffic. Shorter reacts sooner and reports more.',
  },
  {
    name: 'smoothingIntervalMs',
    default: 1_000,
    min: 200,
    max: 60_000,
    unit: 'ms',
    meaning:
      'Traffic is averaged over this time. Patterns that alternate faster are seen as their ' +
      "union; choose it longer than the application's period and than an adaptation takes.",
  },
  {
    name: 'detectionThreshold',
    default: 0.1,
    min: 0.001,
    max: 1,
    unit: '',
    meaning:
      "About this share of a group's strongest pair is where edges begin: there the widest gap " +
      'between weak pairs and strong ones is looked for. Lower finds weak edges, higher ignores ' +
      'more background: it may be twice this share of the traffic.',
  },
  {
    name: 'floorBytesPerSecond',
    default: 16_000,
    min: 0,
    max: 1e9,
    unit: 'bytes/s',
    meaning: 'Less than this is never an edge: chatter of idle machines is no topology.',
  },
  {
    name: 'hysteresis',
    default: 0.5,
    min: 0.05,
    max: 1,
    unit: '',
    meaning: 'An edge leaves below this share of the threshold by which it entered.',
  },
  {
    name: 'idleHoldMs',
    default: 10_000,
    min: 1_000,
    max: 3_600_000,
    unit: 'ms',
    meaning:
      'Guests that all fell silent keep their edges for this long: an application that computes ' +
      'is not one that ended.',
  },
  {
    name: 'reverseAckFrameBytes',
    default: 110,
    min: 60,
    max: 1_500,
    unit: 'bytes',
    meaning: 'Traffic of frames up to this mean size may be acknowledgements only.',
  },
  {
    name: 'reverseAckShare',
    default: 0.15,
    min: 0,
    max: 1,
    unit: '',
    meaning: "Up to this share of the other direction's bytes, small frames are acknowledgements.",
  },
]

export const DEFAULT_INFER_PARAMETERS: InferParameters = Object.freeze(
  Object.fromEntries(INFER_PARAMETERS.map((spec) => [spec.name, spec.default])),
) as unknown as InferParameters

/**
 * The parameters with some of them changed.
 * @throws VnetError `parameter-unknown` or `parameter-range`.
 */
export function withParameters(
  base: InferParameters,
  changes: Readonly<Record<string, number>>,
): InferParameters {
  const changed: Record<string, number> = { ...base }
  for (const [name, value] of Object.entries(changes)) {
    const spec = INFER_PARAMETERS.find((one) => one.name === name)
    if (spec === undefined) {
      throw new VnetError('parameter-unknown', `there is no parameter '${name}'`, {
        hint: `choose one of: ${INFER_PARAMETERS.map((one) => one.name).join(', ')}`,
      })
    }
    if (!(value >= spec.min && value <= spec.max)) {
      throw new VnetError('parameter-range', `${name} cannot be ${value}`, {
        hint: `give ${spec.min} to ${spec.max} ${spec.unit}`.trimEnd(),
      })
    }
    changed[name] = value
  }
  return changed as unknown as InferParameters
}
