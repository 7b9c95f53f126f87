// Reads the schema: a flat list of all keys with type, default, unit and meaning, in the order of
// the file. `explain`, the examples, the check for unknown keys and the diff are built on it.

import type { z } from 'zod'
import { keyMeta, type Role, schemaOf } from './schema.ts'

export interface KeyDescription {
  /** Dotted; elements of a list are written `ports[].name`. */
  readonly path: string
  readonly doc: string
  /** Such as `whole number 1 to 64`, `tap | pcap`, `true | false`. */
  readonly type: string
  readonly unit: string | null
  /** As JSON; `required` or `none` where there is no default. */
  readonly default: string
  readonly isReloadable: boolean
  readonly roles: readonly Role[]
  /** True if other keys stand below it. */
  readonly isParent: boolean
  readonly example: unknown
}

// What is read of any zod schema; zod keeps `def` stable as its introspection interface.
interface Definition {
  readonly type: string
  readonly innerType?: z.ZodType
  readonly defaultValue?: unknown
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly element?: z.ZodType
  readonly options?: readonly z.ZodType[]
  readonly entries?: Readonly<Record<string, string>>
  readonly values?: readonly unknown[]
  readonly in?: z.ZodType
}
const definitionOf = (schema: z.ZodType) => schema.def as unknown as Definition

/** All keys of a role's file. */
export function describeRole(role: Role): readonly KeyDescription[] {
  return describeObject(schemaOf(role), '', role)
}

/** All keys of both files; a key of both is listed once, with both roles. */
export function describeAll(): readonly KeyDescription[] {
  const merged = new Map<string, KeyDescription>()
  for (const entry of [...describeRole('proxy'), ...describeRole('host')]) {
    const known = merged.get(entry.path)
    const isSame = known !== undefined && known.default === entry.default
    if (known === undefined) merged.set(entry.path, entry)
    else if (isSame) merged.set(entry.path, { ...known, roles: [...known.roles, ...entry.roles] })
    else {
      const both = `${known.default} (${known.roles}), ${entry.default} (${entry.roles})`
      merged.set(entry.path, { ...known, default: both, roles: [...known.roles, ...entry.roles] })
    }
  }
  return [...merged.values()]
}

/** Keys allowed directly below `path` (indices of lists included), for 'did you mean'. */
export function keysBelow(role: Role, path: readonly PropertyKey[]): readonly string[] {
  const prefix = path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[]`
    return text === '' ? String(part) : `${text}.${String(part)}`
  }, '')
  const start = prefix === '' ? '' : `${prefix}.`
  const names = describeRole(role)
    .filter((entry) => entry.path.startsWith(start))
    .map((entry) => /^[^.[]+/.exec(entry.path.slice(start.length))?.[0] ?? '')
  return [...new Set(names)]
}

function describeObject(schema: z.ZodType, prefix: string, role: Role): KeyDescription[] {
  const { schema: inner } = unwrap(schema)
  const definition = definitionOf(inner)
  if (definition.type === 'union') {
    // Kinds of a port: keys of all kinds, each once.
    const all = (definition.options ?? []).flatMap((option) => describeObject(option, prefix, role))
    const seen = new Map<string, KeyDescription>()
    for (const entry of all) {
      const known = seen.get(entry.path)
      if (known === undefined) seen.set(entry.path, entry)
      else if (known.type !== entry.type) {
        seen.set(entry.path, { ...known, type: `${known.type} | ${entry.type}` })
      }
    }
    return [...seen.values()]
  }
  return Object.entries(definition.shape ?? {}).flatMap(([key, child]) =>
    describeKey(child, prefix === '' ? key : `${prefix}.${key}`, role),
  )
}

function describeKey(schema: z.ZodType, path: string, role: Role): KeyDescription[] {
  const meta = keyMeta.get(schema)
  if (meta === undefined) throw new Error(`the schema says nothing about '${path}'`)
  const { schema: inner, fallback } = unwrap(schema)
  const element = definitionOf(inner).element
  const below =
    element === undefined
      ? describeObject(inner, path, role)
      : describeObject(element, `${path}[]`, role)
  const own: KeyDescription = {
    path,
    doc: meta.doc,
    type: meta.type ?? typeOf(schema),
    unit: meta.unit ?? null,
    default: fallback,
    isReloadable: meta.isReloadable,
    roles: [role],
    isParent: below.length > 0,
    example: meta.example,
  }
  return [own, ...below]
}

interface Unwrapped {
  readonly schema: z.ZodType
  readonly fallback: string
  readonly isNullable: boolean
}

/** Takes off default, optional, nullable and transform. */
function unwrap(schema: z.ZodType): Unwrapped {
  let current = schema
  let fallback = 'required'
  let isNullable = false
  for (;;) {
    const definition = definitionOf(current)
    if (definition.type === 'default') fallback = JSON.stringify(definition.defaultValue)
    if (definition.type === 'prefault') fallback = 'of its keys'
    if (definition.type === 'optional') fallback = 'none'
    if (definition.type === 'nullable') isNullable = true
    const inner = definition.innerType ?? (definition.type === 'pipe' ? definition.in : undefined)
    if (inner === undefined) return { schema: current, fallback, isNullable }
    current = inner
  }
}

function typeOf(schema: z.ZodType): string {
  const { schema: inner, isNullable } = unwrap(schema)
  const definition = definitionOf(inner)
  const base = baseTypeOf(inner, definition)
  return isNullable ? `${base} or null` : base
}

function baseTypeOf(schema: z.ZodType, definition: Definition): string {
  switch (definition.type) {
    case 'number': {
      const { minValue, maxValue } = schema as unknown as z.ZodNumber
      return `whole number ${minValue} to ${maxValue}`
    }
    case 'boolean':
      return 'true | false'
    case 'enum':
      return Object.values(definition.entries ?? {}).join(' | ')
    case 'literal':
      return (definition.values ?? []).join(' | ')
    case 'array':
      return 'list'
    case 'object':
      return 'keys'
    default:
      return 'text'
  }
}
