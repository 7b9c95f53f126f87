// The traffic per ordered pair of MACs that a plane hands out, in columns: many pairs, often.

import type { MacAddress } from '../base/mac.ts'
import { macFromBytes, macToBytes } from '../base/mac.ts'

/** Entry i of the arrays is one ordered pair; no pair occurs twice. All of it is the caller's. */
export interface PairColumns {
  /** MACs of 6 octets each: the dictionary that `source` and `destination` count in, from 0. */
  readonly macs: Uint8Array
  readonly source: Uint32Array
  readonly destination: Uint32Array
  /** As on the guest's wire: a GSO super-frame counts as its segments. */
  readonly bytes: Float64Array
  readonly frames: Uint32Array
  /** Dropped in this daemon, its queues included; also of frames that another one counted. */
  readonly droppedFrames: Uint32Array
}

/** One ordered pair, for people. */
export interface PairTraffic {
  readonly source: MacAddress
  readonly destination: MacAddress
  readonly frames: number
  readonly bytes: number
  readonly droppedFrames: number
}

/** As rows; for views and tests. */
export function pairRows(columns: PairColumns): PairTraffic[] {
  const { macs, source, destination, bytes, frames, droppedFrames } = columns
  const macAt = (index: number | undefined) => macFromBytes(macs, (index ?? 0) * 6)
  return Array.from(source, (from, at) => ({
    source: macAt(from),
    destination: macAt(destination[at]),
    frames: frames[at] ?? 0,
    bytes: bytes[at] ?? 0,
    droppedFrames: droppedFrames[at] ?? 0,
  }))
}

/** The columns of rows that name each pair once. */
export function pairColumns(rows: readonly PairTraffic[]): PairColumns {
  const indexes = new Map<MacAddress, number>()
  const indexOf = (mac: MacAddress) => {
    const known = indexes.get(mac)
    if (known === undefined) indexes.set(mac, indexes.size)
    return known ?? indexes.size - 1
  }
  const source = Uint32Array.from(rows, (row) => indexOf(row.source))
  const destination = Uint32Array.from(rows, (row) => indexOf(row.destination))
  const macs = new Uint8Array(indexes.size * 6)
  for (const [mac, index] of indexes) macs.set(macToBytes(mac), index * 6)
  return {
    ...{ macs, source, destination },
    bytes: Float64Array.from(rows, (row) => row.bytes),
    frames: Uint32Array.from(rows, (row) => row.frames),
    droppedFrames: Uint32Array.from(rows, (row) => row.droppedFrames),
  }
}
