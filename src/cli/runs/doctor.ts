// `vnet doctor`: the running daemon's checks; without one, those of the machine, the state folder
// and the way to the proxy, for the file that the daemon would use.

import { existsSync, readFileSync } from 'node:fs'
import { messageOf, VnetError } from '../../base/errors.ts'
import { parseEndpoint } from '../../config/endpoint.ts'
import { checkConfig, describeProblem } from '../../config/load.ts'
import { type Config, DEFAULT_PORT } from '../../config/schema.ts'
import type { Check } from '../../control/api.ts'
import { renderTable } from '../columns.ts'
import type { Context } from '../command.ts'
import { harmless, type Paint } from '../output.ts'
import { stateCell } from '../views/view.ts'
import { defaultConfigPath, guessRole } from './config-role.ts'

const NO_DAEMON = new Set(['daemon-unreachable', 'socket-unknown'])
const DEFAULT_STATE_DIR = '/var/lib/vnet'

/** 1 if a check failed; a warning is no failure. */
export async function runDoctor(context: Context): Promise<number> {
  const checks = await findChecks(context)
  if (context.out.isJson) context.out.json(checks)
  else context.out.print(viewChecks(checks, context.out.paint))
  return checks.some(({ state }) => state === 'failed') ? 1 : 0
}

/** A table, then what to do about what is not well. */
export function viewChecks(checks: readonly Check[], paint: Paint): string {
  const table = renderTable<Check>({
    columns: [
      { title: 'CHECK', cell: ({ name }) => ({ text: name, tone: 'strong' }) },
      { title: 'STATE', cell: ({ state }) => stateCell(state) },
      { title: 'FOUND', cell: ({ found }) => found },
    ],
    rows: checks,
    empty: 'nothing was checked',
    paint,
  })
  const advice = checks.flatMap(({ name, advice: text }) =>
    text === null ? [] : [`  ${paint('strong', harmless(name))}: ${harmless(text)}`],
  )
  if (advice.length === 0) return `${table}\n\n${paint('good', 'All is well.')}`
  return `${table}\n\n${paint('strong', 'What to do')}\n${advice.join('\n')}`
}

async function findChecks(context: Context): Promise<readonly Check[]> {
  try {
    return await (await context.client()).doctor()
  } catch (error) {
    if (!(error instanceof VnetError) || !NO_DAEMON.has(error.code)) throw error
    return [daemonCheck(error), ...(await machineChecks(context))]
  }
}

function daemonCheck({ message, hint }: VnetError): Check {
  return { name: 'daemon', state: 'failed', found: message, advice: hint ?? null }
}

async function machineChecks(context: Context): Promise<readonly Check[]> {
  const { checkMachine } = await import('../../daemon/doctor.ts')
  const file = configFile(context)
  const { check, config } = readConfig(file)
  const proxy = config?.role === 'host' ? parseEndpoint(config.proxy, DEFAULT_PORT) : null
  const stateDir = config?.state ?? DEFAULT_STATE_DIR
  return [check, ...(await checkMachine({ stateDir, proxy, nowMs: context.nowMs() }))]
}

function configFile({ args }: Context): string | null {
  const usual = [defaultConfigPath('host'), defaultConfigPath('proxy')]
  return args.optionalText('config') ?? usual.find((path) => existsSync(path)) ?? null
}

function readConfig(file: string | null): { readonly check: Check; readonly config?: Config } {
  const name = 'configuration'
  if (file === null) {
    const found = 'neither /etc/vnet/host.yaml nor /etc/vnet/proxy.yaml'
    const advice = "write one ('vnet config example host') or name it with --config"
    return { check: { name, state: 'warning', found, advice } }
  }
  try {
    const text = readFileSync(file, 'utf8')
    const result = checkConfig(text, guessRole(text))
    if (result.ok) {
      const found = `${file}, for vnet ${result.config.role}`
      return { check: { name, state: 'ok', found, advice: null }, config: result.config }
    }
    const [first] = result.problems
    const found = `${file}${first === undefined ? '' : describeProblem(first)}`
    return { check: { name, state: 'failed', found, advice: `vnet config check ${file}` } }
  } catch (error) {
    const advice = 'run as root, or name a readable file with --config'
    return { check: { name, state: 'failed', found: messageOf(error), advice } }
  }
}
