// A complete example file with every key explained, generated from the schema. The committed copies
// are docs/host.example.yaml and docs/proxy.example.yaml; a test keeps them fresh.

import { describeRole, type KeyDescription } from './describe.ts'
import type { Role } from './schema.ts'

/** The text of an example file: required keys set, all others as comments with their defaults. */
export function exampleConfig(role: Role): string {
  const head = [
    `# Configuration of \`vnet ${role}\`. Generated from the schema: every key is here, and those`,
    "# that are commented out show their default. 'vnet config check FILE' checks a file,",
    "# 'vnet config explain KEY' explains a key. After a change: systemctl reload, or SIGHUP;",
    '# keys marked `restart` need a restart of the daemon instead.',
  ]
  const all = describeRole(role).filter((entry) => !entry.path.startsWith('ports[]'))
  const body = all.flatMap((entry) =>
    entry.path === 'ports'
      ? portsExample(entry, describeRole(role), role)
      : keyLines(entry, role, isOff(entry.path, all)),
  )
  return `${[...head, ...body].join('\n').trimEnd()}\n`
}

// Below a parent that is null by default: commented out with it.
function isOff(path: string, all: readonly KeyDescription[]): boolean {
  return all.some((entry) => path.startsWith(`${entry.path}.`) && entry.default === 'null')
}

function keyLines(entry: KeyDescription, role: Role, isParentOff: boolean): string[] {
  const depth = entry.path.split('.').length - 1
  const indent = isParentOff ? `#${'  '.repeat(depth)}` : '  '.repeat(depth)
  const key = entry.path.split('.').at(-1) ?? ''
  const notes = wrap(noteOf(entry), 96 - indent.length).map((line) => `${indent}# ${line}`)
  const before = depth === 0 ? [''] : []
  if (entry.isParent && entry.default === 'null') return [...before, ...notes, `#${key}:`]
  if (entry.isParent) return [...before, ...notes, `${indent}${key}:`]
  const line = valueLine(entry, key, role)
  return [...before, ...notes, `${indent}${isParentOff ? line.slice(1) : line}`]
}

function valueLine(entry: KeyDescription, key: string, role: Role): string {
  if (entry.path === 'name') return `name: ${role === 'proxy' ? 'hub' : 'alpha'}`
  if (entry.default === 'required') return `${key}: ${inline(entry.example)}`
  if (entry.default === 'none') return `#${key}: ${inline(entry.example)}`
  return `#${key}: ${entry.default === '[]' ? inline(entry.example) : entry.default}`
}

function portsExample(own: KeyDescription, all: readonly KeyDescription[], role: Role): string[] {
  const keys = all.filter((entry) => entry.path.startsWith('ports[].'))
  const notes = keys.flatMap((entry) => {
    const key = entry.path.slice('ports[].'.length)
    const text = `${key}: ${noteOf(entry)}`
    return wrap(text, 94).map((line, index) => (index === 0 ? `#   ${line}` : `#     ${line}`))
  })
  const tap = '#- { name: vm1, kind: tap, device: vnet-vm1, persistent: true, owner: 1000 }'
  const pcap = "#- { name: lan, kind: pcap, device: eth0, filter: 'not port 67' }"
  const example = role === 'host' ? [tap, pcap] : [pcap, tap]
  return [
    '',
    ...wrap(noteOf(own), 96).map((line) => `# ${line}`),
    ...notes,
    'ports: []',
    ...example,
  ]
}

function noteOf(entry: KeyDescription): string {
  const isSilent = entry.default === 'none' || entry.default === 'of its keys'
  const fallback = entry.default === 'required' ? 'required' : `default ${entry.default}`
  const facts = [
    ...(entry.type === 'keys'
      ? []
      : [entry.unit === null ? entry.type : `${entry.type} ${entry.unit}`]),
    ...(isSilent ? [] : [fallback]),
    ...(entry.isReloadable || entry.default === 'of its keys' ? [] : ['restart']),
  ]
  return facts.length === 0 ? entry.doc : `${entry.doc} (${facts.join('; ')})`
}

function inline(value: unknown): string {
  return Array.isArray(value)
    ? `[${value.map((entry) => JSON.stringify(entry)).join(', ')}]`
    : String(value)
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
