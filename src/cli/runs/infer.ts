// `vnet infer FILE...`: the inference on captures: what topology the traffic in them is, phase by
// phase.

import { basename } from 'node:path'
import { parseMac } from '../../base/mac.ts'
import type { GuestNames } from '../../control/api.ts'
import {
  DEFAULT_INFER_PARAMETERS,
  type InferParameters,
  withParameters,
} from '../../infer/parameters.ts'
import { type Arguments, UsageError } from '../arguments.ts'
import { inferCaptures } from '../captures/infer.ts'
import { type InferResult, inferResult } from '../captures/result.ts'
import { parseWindow } from '../captures/window.ts'
import type { Context } from '../command.ts'
import { topologyDot } from '../drawings/dot.ts'
import { isDrawingWanted, saveDrawing } from '../drawings/save.ts'
import { topologySvg } from '../drawings/topology-svg.ts'
import { formatTime } from '../units.ts'
import { viewInferred } from '../views/inferred.ts'

export async function runInfer(context: Context): Promise<undefined> {
  const { args, out, nowMs } = context
  const files = args.list('FILE')
  const parameters = parametersOf(args)
  const names = namesOf(args)
  const window = parseWindow(args.optionalText('window') ?? '..')
  const inferred = await inferCaptures({ files, parameters, window })
  const result = inferResult(inferred, { files, parameters, names })
  for (const problem of result.problems) out.note(`${out.paint('warn', 'note:')} ${problem}`)
  const chosen = phaseOf(args, result)
  const phase = result.phases[chosen ?? 0] ?? { topology: NOTHING, patterns: [], fromMs: 0 }
  const title = `${files.map((file) => basename(file)).join(' ')}, ${formatTime(phase.fromMs)}`
  const drawing = { ...phase, names, title }
  if (isDrawingWanted(context)) await saveDrawing(context, topologySvg(drawing))
  if (args.flag('dot')) out.stdout.write(topologyDot(drawing))
  else if (out.isJson) out.json(result)
  else out.print(viewInferred(result, chosen, { paint: out.paint, nowMs: nowMs() }))
}

const NOTHING = { guests: [], edges: [] } as const

/** The phase to show: the wanted one, or the last that has a topology. Counted from 0. */
function phaseOf(args: Arguments, { phases }: InferResult): number | null {
  const wanted = args.optionalNumber('phase')
  if (wanted === undefined) {
    const last = phases.findLastIndex(({ patterns }) => patterns.length > 0)
    return last === -1 ? null : last
  }
  if (phases[wanted - 1] !== undefined) return wanted - 1
  throw new UsageError('usage-value', `--phase cannot be ${wanted}`, {
    hint: `there are phases 1 to ${phases.length} in these captures`,
  })
}

function parametersOf(args: Arguments): InferParameters {
  const changes = args.list('set').map((text): [string, number] => {
    const [name = '', value = ''] = splitOnce(text, 'set', 'NAME=VALUE')
    const number = Number(value)
    if (value.trim() !== '' && Number.isFinite(number)) return [name, number]
    throw new UsageError('usage-value', `--set ${name} must be a number, not '${value}'`)
  })
  const smoothing = args.optionalNumber('smoothing')
  return withParameters(DEFAULT_INFER_PARAMETERS, {
    ...Object.fromEntries(changes),
    ...(smoothing === undefined ? {} : { smoothingIntervalMs: smoothing }),
  })
}

function namesOf(args: Arguments): GuestNames {
  const pairs = args.list('name').map((text) => {
    const [mac = '', name = ''] = splitOnce(text, 'name', 'MAC=NAME')
    return [parseMac(mac), name]
  })
  return Object.fromEntries(pairs)
}

function splitOnce(text: string, option: string, form: string): readonly string[] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new UsageError('usage-value', `--${option} cannot be '${text}'`, {
    hint: `write --${option} ${form}`,
  })
}
