// The keys of topology files as tables for docs/lab.md, made from the schema. scripts/generate-docs
// puts them there, and a test keeps them fresh.

import { z } from 'zod'
import { PARTS } from './topology-schema.ts'

/** What stands above each table. */
const TITLES: Readonly<Record<keyof typeof PARTS, string>> = {
  topology: 'The file',
  site: 'A site (`sites.NAME`)',
  link: 'A link (`wan` of a site, `nic` of the proxy or a host), the same each way',
  proxy: 'The proxy (`proxy`)',
  lan: "The user's LAN (`proxy.lan`)",
  host: 'A host (`hosts.NAME`)',
  guest: 'A guest (`guests.NAME`)',
  machine: "A machine on the user's LAN (`lan.NAME`)",
}

interface KeySchema {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, KeySchema>>
  readonly required?: readonly string[]
}

/** All tables, in Markdown. */
export function topologyTables(): string {
  const parts = Object.entries(PARTS).map(([part, schema]) => {
    const described = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as KeySchema
    const head = ['| key | value | default | meaning |', '|---|---|---|---|']
    const title = TITLES[part as keyof typeof PARTS]
    return [`### ${title}`, [...head, ...rows(described)].join('\n')].join('\n\n')
  })
  return `${parts.join('\n\n')}\n`
}

function rows({ properties = {}, required = [] }: KeySchema): string[] {
  return Object.entries(properties).map(([key, schema]) => {
    const fallback = required.includes(key) ? 'required' : defaultText(schema.default)
    const cells = [`\`${key}\``, valueText(schema), fallback, schema.description ?? '']
    return `| ${cells.join(' | ')} |`
  })
}

function defaultText(value: unknown): string {
  const isEmpty = value === undefined || value === '' || JSON.stringify(value) === '{}'
  return isEmpty ? 'none' : `\`${value}\``
}

function valueText({ title, type, enum: words, minimum, maximum }: KeySchema): string {
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ')
  if (type === 'boolean') return '`true`, `false`'
  if (minimum !== undefined) return `${title} ${minimum} to ${maximum}`
  return title ?? ''
}
