// What an operator can set while the proxy runs: the inference's own parameters, its controller's
// and the adaptation's. One table for the store, the command line and the documentation.

import { ADAPT_PARAMETERS } from '../adapt/parameters.ts'
import { VnetError } from '../base/errors.ts'
import { INFER_PARAMETERS, type ParameterSpec } from '../infer/parameters.ts'
import type { ParameterRow } from './api.ts'

/** Of the controller, which runs the inference. */
export interface ControllerParameters {
  readonly inference: number
  readonly historyEvents: number
  readonly historyDays: number
}

export type AnyParameterSpec = Omit<ParameterSpec, 'name'> & { readonly name: string }

const CONTROLLER_PARAMETERS: readonly (AnyParameterSpec & {
  readonly name: keyof ControllerParameters
})[] = [
  {
    name: 'inference',
    default: 1,
    min: 0,
    max: 1,
    unit: '',
    meaning: '1: hosts report their traffic and the topology is inferred. 0: nothing of it.',
  },
  {
    name: 'historyEvents',
    default: 10_000,
    min: 0,
    max: 1_000_000,
    unit: '',
    meaning: 'So many changes of the topology are kept.',
  },
  {
    name: 'historyDays',
    default: 30,
    min: 1,
    max: 3_650,
    unit: 'days',
    meaning: 'Changes of the topology are kept for so long.',
  },
]

export const PARAMETERS: readonly AnyParameterSpec[] = [
  ...INFER_PARAMETERS,
  ...CONTROLLER_PARAMETERS,
  ...ADAPT_PARAMETERS,
]

/**
 * The specification of a parameter that may have this value.
 * @throws VnetError `parameter-unknown` or `parameter-range`.
 */
export function checkParameter(name: string, value: number): AnyParameterSpec {
  const spec = PARAMETERS.find((one) => one.name === name)
  if (spec === undefined) {
    throw new VnetError('parameter-unknown', `there is no parameter '${name}'`, {
      hint: `choose one of: ${PARAMETERS.map((one) => one.name).join(', ')}`,
    })
  }
  if (!(value >= spec.min && value <= spec.max)) {
    throw new VnetError('parameter-range', `${name} cannot be ${value}`, {
      hint: `give ${spec.min} to ${spec.max} ${spec.unit}`.trimEnd(),
    })
  }
  return spec
}

/** All with their values; those that `values` does not name have their default. */
export function parameterRows(values: ReadonlyMap<string, number>): readonly ParameterRow[] {
  return PARAMETERS.map((spec) => ({ ...spec, value: values.get(spec.name) ?? spec.default }))
}
