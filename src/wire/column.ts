// Columns of numbers as fields of a control message: base-128 varints one behind the other, which
// is what a packed repeated field of protobuf is. Read straight into typed arrays, because a report
// of 100,000 pairs must not become 100,000 objects.
// https://protobuf.dev/programming-guides/encoding/#varints

import { type Field, FieldError, octets } from './field.ts'

/** A varint of up to 2^53 - 1 has at most 8 bytes. */
const VARINT_BYTES_MAX = 8
const UINT32_MAX = 0xffff_ffff

/** A column of unsigned 32-bit numbers, at most `lengthMax`. */
export function uint32Column(lengthMax: number): Field<Uint32Array> {
  return columnOf(lengthMax, UINT32_MAX, (length) => new Uint32Array(length))
}

/** A column of counters up to 2^53 - 1, at most `lengthMax`. */
export function counterColumn(lengthMax: number): Field<Float64Array> {
  return columnOf(lengthMax, Number.MAX_SAFE_INTEGER, (length) => new Float64Array(length))
}

function columnOf<T extends Uint32Array | Float64Array>(
  lengthMax: number,
  valueMax: number,
  make: (length: number) => T,
): Field<T> {
  const raw = octets(lengthMax * VARINT_BYTES_MAX)
  return {
    read: (value, path) => {
      const bytes = raw.read(value, path)
      const length = countVarints(bytes, path)
      if (length > lengthMax) throw new FieldError(`${path}: more than ${lengthMax} entries`)
      const column = make(length)
      fill(column, bytes, { valueMax, path })
      return column
    },
    write: (column, path) => {
      if (column.length > lengthMax) throw new FieldError(`${path}: more than ${lengthMax} entries`)
      return packed(column, valueMax, path)
    },
  }
}

/** Each varint ends with the one byte that has no high bit. */
function countVarints(bytes: Uint8Array, path: string): number {
  if (bytes.length > 0 && (bytes[bytes.length - 1] ?? 0) >= 0x80) {
    throw new FieldError(`${path}: ends within a number`)
  }
  let length = 0
  for (const byte of bytes) if (byte < 0x80) length++
  return length
}

function fill(
  column: Uint32Array | Float64Array,
  bytes: Uint8Array,
  { valueMax, path }: { readonly valueMax: number; readonly path: string },
): void {
  let at = 0
  for (let index = 0; index < column.length; index++) {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (value > valueMax) throw new FieldError(`${path}[${index}]: larger than ${valueMax}`)
      if (byte < 0x80) break
      scale *= 128
      if (scale > Number.MAX_SAFE_INTEGER) throw new FieldError(`${path}[${index}]: too long`)
    }
    column[index] = value
  }
}

function packed(column: Uint32Array | Float64Array, valueMax: number, path: string): Uint8Array {
  let size = 0
  for (const value of column) {
    if (!Number.isInteger(value) || value < 0 || value > valueMax) {
      throw new FieldError(`${path}: ${value} is no number up to ${valueMax}`)
    }
    size++
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const value of column) {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 0x80
    bytes[at++] = rest
  }
  return bytes
}
