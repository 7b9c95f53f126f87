// Reports of hosts on their way into the inference: parts are put together, what cannot be is
// refused and counted, MACs become text once and not each time.

import { MAC_TABLE_MAX } from '../base/limits.ts'
import { type MacAddress, macFromNumber, macNumber } from '../base/mac.ts'
import type { MatrixCut } from '../daemon/matrix-reporter.ts'
import type { MatrixReport } from '../infer/types.ts'
import { type ControlMessageOf, MATRIX_PARTS_MAX } from '../wire/message.ts'

type Message = ControlMessageOf<'matrixReport'>

/** Who reports. */
export interface Reporter {
  readonly host: string
  readonly instance: string
}

export interface Collector {
  /** The report that this message completes; null: parts are missing, or it was refused. */
  receive(from: Reporter, message: Message): MatrixReport | null
  /** Of the proxy's own ports. */
  own(from: Reporter, cut: MatrixCut): MatrixReport
  /** Its connection is gone, and what was incomplete with it. */
  forget(host: string): void
  /** Messages that were not taken: columns of unequal length, parts out of order. */
  refused(): number
}

type Columns = Omit<MatrixReport, 'host' | 'instance' | 'sequence' | 'fromMs' | 'toMs'>

export function createCollector(): Collector {
  const texts = new Map<number, MacAddress>()
  const partial = new Map<string, { readonly sequence: number; readonly parts: Columns[] }>()
  let refused = 0

  function macAt(octets: Uint8Array, offset: number): MacAddress {
    const number = macNumber(octets, offset)
    const known = texts.get(number)
    if (known !== undefined) return known
    if (texts.size >= MAC_TABLE_MAX) texts.clear() // only a memory of texts
    const mac = macFromNumber(number)
    texts.set(number, mac)
    return mac
  }

  function guestsOf(octets: Uint8Array): readonly MacAddress[] {
    return Array.from({ length: octets.length / 6 }, (_, index) => macAt(octets, index * 6))
  }

  /** Null: out of order; a link delivers in order, so the sender is at fault or gave up. */
  function complete(host: string, message: Message, columns: Columns): Columns | null {
    if (message.parts === 1) return columns
    const begun = message.part === 0 ? null : (partial.get(host) ?? null)
    partial.delete(host)
    const parts = begun?.parts ?? []
    if (
      parts.length !== message.part ||
      (begun?.sequence ?? message.sequence) !== message.sequence
    ) {
      refused++
      return null
    }
    parts.push(columns)
    if (parts.length === message.parts) return joined(parts)
    partial.set(host, { sequence: message.sequence, parts })
    return null
  }

  return {
    receive({ host, instance }, message) {
      if (!isSound(message)) {
        refused++
        return null
      }
      const columns = complete(host, message, {
        ...message,
        guests: guestsOf(message.guests),
        droppedFrames: filled(message),
      })
      if (columns === null) return null
      const { sequence, fromMs, toMs } = message
      return { host, instance, sequence, fromMs, toMs, ...columnsOnly(columns) }
    },
    own({ host, instance }, { sequence, fromMs, toMs, columns: { macs, ...columns } }) {
      return { host, instance, sequence, fromMs, toMs, guests: guestsOf(macs), ...columns }
    },
    forget: (host) => partial.delete(host),
    refused: () => refused,
  }
}

function columnsOnly({
  guests,
  source,
  destination,
  bytes,
  frames,
  droppedFrames,
}: Columns): Columns {
  return { guests, source, destination, bytes, frames, droppedFrames }
}

function isSound(message: Message): boolean {
  const { guests, source, destination, bytes, frames, droppedFrames, part, parts } = message
  const { length } = source
  const count = guests.length / 6
  return (
    parts >= 1 &&
    part < parts &&
    parts <= MATRIX_PARTS_MAX &&
    Number.isInteger(count) &&
    [destination, bytes, frames].every((column) => column.length === length) &&
    (droppedFrames.length === length || droppedFrames.length === 0) &&
    [source, destination].every((column) => column.every((index) => index < count))
  )
}

/** No drops are not sent. */
function filled({ source, droppedFrames }: Message): Uint32Array {
  return droppedFrames.length === source.length ? droppedFrames : new Uint32Array(source.length)
}

function joined(parts: readonly Columns[]): Columns {
  const length = parts.reduce((sum, part) => sum + part.source.length, 0)
  const all = {
    guests: parts.flatMap((part) => part.guests),
    source: new Uint32Array(length),
    destination: new Uint32Array(length),
    bytes: new Float64Array(length),
    frames: new Uint32Array(length),
    droppedFrames: new Uint32Array(length),
  }
  let at = 0
  let firstGuest = 0
  for (const part of parts) {
    const shift = firstGuest
    all.source.set(
      part.source.map((index) => index + shift),
      at,
    )
    all.destination.set(
      part.destination.map((index) => index + shift),
      at,
    )
    all.bytes.set(part.bytes, at)
    all.frames.set(part.frames, at)
    all.droppedFrames.set(part.droppedFrames, at)
    at += part.source.length
    firstGuest += part.guests.length
  }
  return all
}
