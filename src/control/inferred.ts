// Values of the inference in the form in which the admin API gives them: maps as objects.

import type { MacAddress } from '../base/mac.ts'
import type { ChangeEvent, Recognised, Role, TickRecord } from '../infer/types.ts'
import type { ChangeRow, GuestNames, MatrixView, RecognisedRow, TopologyView } from './api.ts'

/** What the controller adds to the record of a tick. */
export interface Known {
  /** The last one that there was. */
  readonly change: ChangeEvent | null
  readonly names: GuestNames
}

export function topologyView(record: TickRecord, { change, names }: Known): TopologyView {
  const { tick, atMs, parameters, hosts, topology } = record
  return {
    ...{ tick, atMs, parameters, hosts, topology, names },
    patterns: record.patterns.map(recognisedRow),
    change: change === null ? null : changeRow(change),
  }
}

export function matrixView(record: TickRecord, known: Known): MatrixView {
  return { ...topologyView(record, known), pairs: record.pairs }
}

export function changeRow(change: ChangeEvent): ChangeRow {
  return {
    ...change,
    before: change.before.map(recognisedRow),
    after: change.after.map(recognisedRow),
  }
}

export function recognisedRow(recognised: Recognised): RecognisedRow {
  return { ...recognised, roles: Object.fromEntries(recognised.roles) }
}

/** The other way. */
export function recognisedOf(row: RecognisedRow): Recognised {
  const roles = row.guests.flatMap((mac): (readonly [MacAddress, Role])[] => {
    const role = row.roles[mac]
    return role === undefined ? [] : [[mac, role]]
  })
  return { ...row, roles: new Map(roles) }
}
