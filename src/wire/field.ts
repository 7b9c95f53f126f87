// Kinds of fields of a control message: each knows its bounds, how a raw protobuf value becomes a
// checked TypeScript value, and back. src/wire/message.ts builds the messages' table from them.

import type { MacAddress } from '../base/mac.ts'
import { isMacAddress, macFromBytes, macToBytes, parseMac } from '../base/mac.ts'

/** Thrown inside src/wire only: a refusal of `decodeControl`, an error of `encodeControl`. */
export class FieldError extends Error {}

/** How one field is read and written. `raw` is what the generated protobuf code uses. */
export interface Field<T> {
  /** @throws FieldError if `raw` (undefined: absent) breaks the field's bounds. */
  read(raw: unknown, path: string): T
  /** @throws FieldError if the program itself tries to send what no peer would accept. */
  write(value: T, path: string): unknown
  /** The shape of a nested message, for the test that compares the table with the .proto file. */
  readonly nested?: Shape
}

export type Shape = Readonly<Record<string, Field<unknown>>>
export type ValueOf<S> = { readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never }

const CONTROL_CHARACTERS = /\p{Cc}/u
const EMPTY = new Uint8Array(0)

function same<T>(check: (raw: unknown, path: string) => T): Field<T> {
  return { read: check, write: check }
}

/** Unsigned 32-bit integer. */
export const uint32: Field<number> = same((raw, path) => {
  const value = raw ?? 0
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new FieldError(`${path}: not an unsigned 32-bit number`)
  }
  return value
})

/** Unsigned 64-bit counter that fits a safe integer; larger ones are refused. */
export const counter: Field<number> = same((raw, path) => {
  const value = typeof raw === 'object' && raw !== null ? fromLong(raw) : (raw ?? 0)
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new FieldError(`${path}: not a counter up to 2^53 - 1`)
  }
  return value
})

/** protobufjs hands out 64-bit values as two signed 32-bit halves (package `long`). */
function fromLong(raw: object): number {
  const { low, high } = raw as { readonly low: number; readonly high: number }
  return (high >>> 0) * 0x1_0000_0000 + (low >>> 0)
}

export const flag: Field<boolean> = same((raw, path) => {
  const value = raw ?? false
  if (typeof value !== 'boolean') throw new FieldError(`${path}: not a boolean`)
  return value
})

/** A short word for programs (name, code, address): no control characters. */
export function word(lengthMax: number): Field<string> {
  return same((raw, path) => {
    const value = boundedString(raw, { lengthMax, path })
    if (CONTROL_CHARACTERS.test(value)) throw new FieldError(`${path}: control character`)
    return value
  })
}

/** A text for people: control characters become blanks; cut to its bound when it is sent. */
export function prose(lengthMax: number): Field<string> {
  return {
    read: (raw, path) => withoutControls(boundedString(raw, { lengthMax, path })),
    write: (value, path) =>
      boundedString(withoutControls(value).slice(0, lengthMax), { lengthMax, path }),
  }
}

/** A text of several lines (PEM). */
export function lines(lengthMax: number): Field<string> {
  return same((raw, path) => boundedString(raw, { lengthMax, path }))
}

function boundedString(
  raw: unknown,
  { lengthMax, path }: { readonly lengthMax: number; readonly path: string },
): string {
  const value = raw ?? ''
  if (typeof value !== 'string') throw new FieldError(`${path}: not a text`)
  if (value.length > lengthMax) throw new FieldError(`${path}: longer than ${lengthMax} characters`)
  return value
}

function withoutControls(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}

/** Octets; a view into the message that was decoded. */
export function octets(bytesMax: number): Field<Uint8Array> {
  return same((raw, path) => {
    const value = raw ?? EMPTY
    if (!(value instanceof Uint8Array)) throw new FieldError(`${path}: not octets`)
    if (value.length > bytesMax) throw new FieldError(`${path}: longer than ${bytesMax} bytes`)
    // Never a Buffer, whatever the message was in.
    return new Uint8Array(value.buffer, value.byteOffset, value.length)
  })
}

/** A MAC address: exactly 6 bytes. */
export const mac: Field<MacAddress> = {
  read: (raw, path) => {
    if (!(raw instanceof Uint8Array) || raw.length !== 6) {
      throw new FieldError(`${path}: a MAC address has 6 bytes`)
    }
    return macFromBytes(raw)
  },
  write: (value, path) => {
    if (!isMacAddress(value)) throw new FieldError(`${path}: not a MAC address`)
    return macToBytes(parseMac(value))
  },
}

/** A MAC address, or null where the field is empty or absent. */
export const macOrNull: Field<MacAddress | null> = {
  read: (raw, path) =>
    raw === undefined || raw === null || (raw instanceof Uint8Array && raw.length === 0)
      ? null
      : mac.read(raw, path),
  write: (value, path) => (value === null ? undefined : mac.write(value, path)),
}

/** At most `lengthMax` of `item`. */
export function list<T>(item: Field<T>, lengthMax: number): Field<readonly T[]> {
  const convert = <A, B>(
    values: unknown,
    path: string,
    each: (value: A, path: string) => B,
  ): B[] => {
    const items = values ?? []
    if (!Array.isArray(items)) throw new FieldError(`${path}: not a list`)
    if (items.length > lengthMax) throw new FieldError(`${path}: more than ${lengthMax} entries`)
    return items.map((value, index) => each(value, `${path}[${index}]`))
  }
  return {
    read: (raw, path) => convert(raw, path, item.read),
    write: (values, path) => convert(values, path, item.write),
    ...(item.nested === undefined ? {} : { nested: item.nested }),
  }
}

/** A nested message. */
export function record<S extends Shape>(shape: S): Field<ValueOf<S>> {
  return {
    read: (raw, path) => readShape(shape, raw, path),
    write: (value, path) => writeShape(shape, value, path),
    nested: shape,
  }
}

export function readShape<S extends Shape>(shape: S, raw: unknown, path: string): ValueOf<S> {
  const source = (raw ?? {}) as Record<string, unknown>
  const value: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(shape)) {
    value[name] = field.read(source[name], `${path}.${name}`)
  }
  return value as ValueOf<S>
}

export function writeShape<S extends Shape>(shape: S, value: ValueOf<S>, path: string): object {
  const raw: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(shape)) {
    raw[name] = field.write(value[name], `${path}.${name}`)
  }
  return raw
}
