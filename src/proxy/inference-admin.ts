// What people ask the inference and set of it: views of the controller's last tick, its history,
// parameters and names of guests.

import type { MacAddress } from '../base/mac.ts'
import type { InferenceBackend } from '../control/backend.ts'
import { changeRow, matrixView, topologyView } from '../control/inferred.ts'
import type { ChangeEvent, TickRecord, Topology } from '../infer/types.ts'
import type { InferenceParts } from './inference-parts.ts'

/** Of a change and its topology: of larger ones only a part is kept. */
const HISTORY_EDGES_MAX = 20_000
const NO_TOPOLOGY: Topology = { guests: [], edges: [] }
const DAY_MS = 86_400_000

export function createInferenceAdmin(
  parts: InferenceParts,
  audit: (action: string, detail: string) => void,
): InferenceBackend {
  const { controller, settings, guestBook, store } = parts
  const known = (record: TickRecord, macs: Iterable<MacAddress>) => ({
    change: controller.lastChange,
    names: guestBook.namesOf([...record.topology.guests, ...macs]),
  })
  return {
    matrix() {
      const record = controller.inference.record()
      const macs = new Set(record.pairs.flatMap(({ source, destination }) => [source, destination]))
      return matrixView(record, known(record, macs))
    },
    topology() {
      const record = controller.inference.record()
      return topologyView(record, known(record, []))
    },
    history: (query) => store.changes(query),
    parameters: () => settings.rows(),
    setParameter(name, value) {
      const row = settings.set(name, value)
      audit('parameter-set', `${name} = ${value}`)
      return row
    },
    guestNames: () => guestBook.all(),
    nameGuest(guest) {
      guestBook.set(guest)
      audit('guest-named', `${guest.mac} '${guest.name}'`)
    },
    figures: () => ({
      ...controller.figures(),
      refusedMessages: parts.collector.refused(),
      foreignPairs: parts.check.refusedPairs(),
    }),
  }
}

/** Writes a change into the history, and what is too much or too old out of it. */
export function keepChange(parts: InferenceParts, change: ChangeEvent, wallMs: number): void {
  const { store, settings, guestBook, controller } = parts
  const { edges } = controller.figures()
  // Of a huge network: what it is called, and no list of all its edges each time.
  const isKept = edges <= HISTORY_EDGES_MAX
  const topology = isKept ? controller.inference.record().topology : NO_TOPOLOGY
  const names = guestBook.namesOf(topology.guests)
  store.addChange({ change: changeRow(bounded(change)), topology, names })
  const sinceMs = wallMs - settings.historyDays() * DAY_MS
  store.retain({ changesMax: settings.historyEvents(), sinceMs })
}

function bounded(change: ChangeEvent): ChangeEvent {
  const { added, removed } = change
  if (added.length + removed.length <= HISTORY_EDGES_MAX) return change
  const most = HISTORY_EDGES_MAX / 2
  return { ...change, added: added.slice(0, most), removed: removed.slice(0, most) }
}
