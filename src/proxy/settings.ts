// The parameters in force: set by the operator and kept, or the defaults. Who depends on them is
// told of each change.

import type { AdaptParameters } from '../adapt/parameters.ts'
import type { ParameterRow } from '../control/api.ts'
import { checkParameter, parameterRows } from '../control/parameters.ts'
import {
  DEFAULT_INFER_PARAMETERS,
  type InferParameters,
  withParameters,
} from '../infer/parameters.ts'
import type { InferenceStore } from './inference-store.ts'

export interface Settings {
  rows(): readonly ParameterRow[]
  /** Of the inference itself. */
  infer(): InferParameters
  /** Is anything reported and inferred at all? */
  isOn(): boolean
  adapt(): AdaptParameters
  historyEvents(): number
  historyDays(): number
  /** @throws VnetError `parameter-unknown` or `parameter-range`; then nothing changed. */
  set(name: string, value: number): ParameterRow
}

export function createSettings(
  store: Pick<InferenceStore, 'parameters' | 'putParameter'>,
  onChange: () => void,
): Settings {
  const values = new Map([...store.parameters()].filter(([name, value]) => isLegal(name, value)))
  const numberOf = (name: string) =>
    parameterRows(values).find((row) => row.name === name)?.value ?? 0

  const inferParameters = () => {
    const own = [...values].filter(([name]) => name in DEFAULT_INFER_PARAMETERS)
    return withParameters(DEFAULT_INFER_PARAMETERS, Object.fromEntries(own))
  }
  let infer = inferParameters() // asked for with each report

  return {
    rows: () => parameterRows(values),
    infer: () => infer,
    isOn: () => numberOf('inference') > 0,
    adapt: () => ({
      linksPerHost: numberOf('linksPerHost'),
      linksTotal: numberOf('linksTotal'),
      margin: numberOf('margin'),
      dwellMs: numberOf('dwellMs'),
    }),
    historyEvents: () => numberOf('historyEvents'),
    historyDays: () => numberOf('historyDays'),
    set(name, value) {
      const spec = checkParameter(name, value)
      store.putParameter(name, value)
      values.set(name, value)
      infer = inferParameters()
      onChange()
      return { ...spec, value }
    },
  }
}

/** What another version kept may be unknown here, or out of range: then the default holds. */
function isLegal(name: string, value: number): boolean {
  try {
    checkParameter(name, value)
    return true
  } catch {
    return false
  }
}
