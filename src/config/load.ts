// From a YAML file to a frozen, valid configuration, or to a list of everything that is wrong with
// it, each problem with its line. Touches nothing but the file.

import { readFileSync } from 'node:fs'
import { type Document, isMap, LineCounter, parseDocument, type YAMLMap } from 'yaml'
import type { z } from 'zod'
import { messageOf, VnetError } from '../base/errors.ts'
import { describeAll, describeRole, keysBelow } from './describe.ts'
import { nearest } from './nearest.ts'
import { type Config, type HostConfig, type ProxyConfig, type Role, schemaOf } from './schema.ts'

/** Larger is not a configuration but a mistake. */
const CONFIG_BYTES_MAX = 1_048_576

export interface ConfigProblem {
  /** 1-based; null where the file as a whole is meant. */
  readonly line: number | null
  /** Dotted key, empty for the file itself. */
  readonly key: string
  readonly code: 'config-syntax' | 'config-unknown-key' | 'config-invalid'
  readonly message: string
}

export type ConfigCheck =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/**
 * Reads and checks a daemon's file.
 * @throws VnetError `config-unreadable`, or the code of the first problem, naming all of them.
 */
export function loadConfig(path: string, role: 'proxy'): ProxyConfig
export function loadConfig(path: string, role: 'host'): HostConfig
export function loadConfig(path: string, role: Role): Config
export function loadConfig(path: string, role: Role): Config {
  const check = checkConfig(readText(path), role)
  if (check.ok) return check.config
  const lines = check.problems.map((problem) => `${path}${describeProblem(problem)}`)
  const code = check.problems[0]?.code ?? 'config-invalid'
  throw new VnetError(code, lines.join('\n'), {
    hint: `see 'vnet config explain KEY', and docs/${role}.example.yaml for all keys`,
  })
}

/** Checks the text of a file; never throws for what is in it. */
export function checkConfig(text: string, role: Role): ConfigCheck {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, uniqueKeys: true })
  const syntax = document.errors.map((error): ConfigProblem => {
    const message = error.message.split('\n')[0] ?? error.message
    return { line: error.linePos?.[0].line ?? null, key: '', code: 'config-syntax', message }
  })
  if (syntax.length > 0) return { ok: false, problems: syntax }
  const value = withoutEmpty(document.toJS({ maxAliasCount: 100 }), role)
  if (!isMap(document.contents)) {
    const message = 'the file must be a list of `key: value` lines'
    return { ok: false, problems: [{ line: 1, key: '', code: 'config-syntax', message }] }
  }
  const result = schemaOf(role).safeParse(value)
  if (result.success) return { ok: true, config: finish(result.data, role) }
  const find = (path: readonly PropertyKey[]) => lineOf(document, lineCounter, path)
  const problems = result.error.issues.flatMap((issue) => explainIssue(issue, role, value, find))
  return { ok: false, problems: problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) }
}

/** `:LINE: KEY: message`, to be put after the file's name. */
export function describeProblem(problem: ConfigProblem): string {
  const line = problem.line === null ? '' : `:${problem.line}`
  const key = problem.key === '' ? '' : ` ${problem.key}:`
  return `${line}:${key} ${problem.message}`
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path)
    if (bytes.length <= CONFIG_BYTES_MAX) return bytes.toString('utf8')
  } catch (error) {
    throw new VnetError('config-unreadable', `cannot read the configuration: ${messageOf(error)}`, {
      hint: 'give the file with --config; docs/host.example.yaml shows one',
      cause: error,
    })
  }
  throw new VnetError('config-unreadable', `${path} is larger than ${CONFIG_BYTES_MAX} bytes`)
}

function finish(data: object & { name: string; admin: { socket?: unknown } }, role: Role): Config {
  const socket = data.admin.socket ?? `/run/vnet/${data.name}.sock`
  return deepFreeze({ ...data, admin: { socket }, role }) as unknown as Config
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const child of Object.values(value)) deepFreeze(child)
  return Object.freeze(value)
}

/** `log:` with nothing below it (all commented out) means the defaults, not null. */
function withoutEmpty(value: unknown, role: Role): unknown {
  if (typeof value !== 'object' || value === null) return value
  const parents = describeRole(role).filter((entry) => entry.default === 'of its keys')
  const isEmpty = (key: string, child: unknown) =>
    child === null && parents.some((entry) => entry.path === key)
  return Object.fromEntries(Object.entries(value).filter(([key, child]) => !isEmpty(key, child)))
}

type Find = (path: readonly PropertyKey[]) => number | null

function explainIssue(
  issue: z.core.$ZodIssue,
  role: Role,
  value: unknown,
  find: Find,
): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      line: find([...issue.path, key]),
      key: formatPath([...issue.path, key]),
      code: 'config-unknown-key',
      message: `unknown key${suggest(key, keysBelow(role, issue.path), role)}`,
    }))
  }
  const isMissing = at(value, issue.path) === undefined
  // A missing key has no line of its own: the one that it belongs below.
  const line = find(issue.path) ?? find(issue.path.slice(0, -1))
  const message = isMissing ? `is required${needed(issue)}` : issue.message
  return [{ line, key: formatPath(issue.path), code: 'config-invalid', message }]
}

function needed(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_type' ? ` (${issue.expected})` : ''
}

function suggest(key: string, allowed: readonly string[], role: Role): string {
  const near = nearest(key, allowed)
  if (near !== null) return `; did you mean '${near}'?`
  const same = describeAll().filter((entry) => entry.path.split('.').at(-1) === key)
  const elsewhere = same.find(({ roles }) => roles.includes(role)) ?? same[0]
  if (elsewhere?.path.includes('.') && elsewhere.roles.includes(role)) {
    return `; '${elsewhere.path}' exists`
  }
  if (elsewhere !== undefined) return `; it is a key of a ${elsewhere.roles.join(' and ')}'s file`
  return `; known here: ${allowed.join(', ')}`
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined,
    value,
  )
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text === '' ? String(part) : `${text}.${String(part)}`
  }, '')
}

function lineOf(
  document: Document,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number | null {
  if (path.length === 0) return 1
  const parent: unknown =
    path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  const last = path.at(-1)
  // Of a pair the key's line is meant, of a list's element its own.
  if (isMap(parent)) {
    const pair = (parent as YAMLMap).items.find((item) => String(item.key) === String(last))
    const key = pair?.key as { readonly range?: readonly number[] } | undefined
    if (key?.range?.[0] !== undefined) return lines.linePos(key.range[0]).line
    return null
  }
  const node = document.getIn(path, true) as { readonly range?: readonly number[] } | undefined
  return node?.range?.[0] === undefined ? null : lines.linePos(node.range[0]).line
}
