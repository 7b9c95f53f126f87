// `vnet config check|explain|example`.

import { readFileSync } from 'node:fs'
import { messageOf, VnetError } from '../../base/errors.ts'
import type { KeyDescription } from '../../config/describe.ts'
import { exampleConfig } from '../../config/example.ts'
import { explainConfig, type KeyExplanation, listConfigKeys } from '../../config/explain.ts'
import { type ConfigProblem, checkConfig, describeProblem } from '../../config/load.ts'
import type { Role } from '../../config/schema.ts'
import { UsageError } from '../arguments.ts'
import { renderFacts, renderTable } from '../columns.ts'
import type { Context } from '../command.ts'
import { harmless } from '../output.ts'
import { guessRole } from './config-role.ts'

export async function runConfigCheck({ args, out }: Context): Promise<number> {
  const file = args.text('FILE')
  const text = readText(file)
  const given = args.optionalText('role')
  const role = given === undefined ? guessRole(text) : roleOf(given)
  const check = checkConfig(text, role)
  const problems = check.ok ? [] : check.problems
  if (out.isJson) out.json({ ok: check.ok, role, problems })
  else if (check.ok) out.print(`${file}: a good file for 'vnet ${role}'`)
  else printProblems(file, role, problems, out)
  return check.ok ? 0 : 1
}

export async function runConfigExplain({ args, out }: Context): Promise<undefined> {
  const key = args.optionalText('KEY')
  if (key !== undefined) {
    const explanation = explainConfig(key)
    if (out.isJson) out.json(explanation)
    else out.print(describeKey(explanation, out))
    return
  }
  const keys = listConfigKeys()
  if (out.isJson) out.json(keys)
  else out.print(keyTable(keys, out))
}

export async function runConfigExample({ args, out }: Context): Promise<undefined> {
  out.stdout.write(exampleConfig(roleOf(args.text('ROLE'))))
}

type Out = Context['out']

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new VnetError('config-unreadable', `cannot read the file: ${messageOf(cause)}`, { cause })
  }
}

function roleOf(text: string): Role {
  if (text === 'proxy' || text === 'host') return text
  throw new UsageError('usage-value', `'${text}' is neither proxy nor host`)
}

function printProblems(
  file: string,
  role: Role,
  problems: readonly ConfigProblem[],
  out: Out,
): void {
  for (const problem of problems) out.print(harmless(`${file}${describeProblem(problem)}`))
  const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`
  out.note(`${count}, read as a file for 'vnet ${role}'; 'vnet config explain KEY' explains a key`)
}

function describeKey(key: KeyExplanation, out: Out): string {
  const facts = renderFacts(
    [
      ['key', { text: key.path, tone: 'strong' }],
      ['type', key.unit === null ? key.type : `${key.type} ${key.unit}`],
      ['default', key.default],
      ['example', key.example === undefined ? null : JSON.stringify(key.example)],
      ['of', key.roles.map((role) => `vnet ${role}`).join(', ')],
      ['a change', key.isReloadable ? "comes into force by 'vnet reload'" : 'needs a restart'],
    ],
    out.paint,
  )
  const below = key.children.length === 0 ? '' : `\n\n${keyTable(key.children, out)}`
  return `${key.doc}\n\n${facts}${below}`
}

function keyTable(keys: readonly KeyDescription[], out: Out): string {
  return renderTable<KeyDescription>({
    columns: [
      { title: 'KEY', cell: ({ path }) => ({ text: path, tone: 'strong' }) },
      { title: 'TYPE', cell: ({ type, unit }) => (unit === null ? type : `${type} ${unit}`) },
      { title: 'DEFAULT', cell: (key) => key.default },
      { title: 'OF', cell: ({ roles }) => roles.join(', ') },
      { title: 'MEANING', cell: ({ doc }) => doc },
    ],
    rows: keys,
    empty: 'no keys',
    paint: out.paint,
  })
}
