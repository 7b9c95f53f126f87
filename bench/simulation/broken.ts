// Controllers and hosts that are broken on purpose, one for each invariant of the simulation: a
// check that never fails says nothing.

import { type State, step } from '../../src/adapt/controller.ts'
import type { AdaptCommand, AdaptEvent } from '../../src/adapt/types.ts'
import type { Network } from './network.ts'
import type { ScheduleOptions } from './run.ts'

type Broken = Omit<ScheduleOptions, 'seed'>

/** A controller whose state is spoilt before each event. */
const spoilt = (spoil: (state: State, event: AdaptEvent) => void): Broken => ({
  step: (state, event) => {
    spoil(state, event)
    return step(state, event)
  },
})

/** A controller whose commands are others. */
const altered = (alter: (command: AdaptCommand) => readonly AdaptCommand[]): Broken => ({
  step: (state, event) => {
    const result = step(state, event)
    return { state: result.state, commands: result.commands.flatMap(alter) }
  },
})

/** A controller that does not hear everything. */
const deaf = (hears: (event: AdaptEvent) => boolean): Broken => ({
  step: (state, event) => (hears(event) ? step(state, event) : { state, commands: [] }),
})

const eachHost = (change: (host: NonNullable<ReturnType<Network['hostOf']>>) => void): Broken => ({
  prepare: ({ hosts }) => {
    for (const host of hosts.values()) change(host)
  },
})

/** By invariant. */
export const BROKEN: Readonly<Record<string, Broken>> = {
  'no loop': eachHost((host) => {
    // It passes on what is not for it.
    const deliver = host.deliver.bind(host)
    host.deliver = (frame) => {
      if (host.guests.has(frame.destination) || frame.way.length > 8) deliver(frame)
      else host.send(frame)
    }
  }),
  'no duplicate': eachHost((host) => {
    const send = host.send.bind(host)
    host.send = (frame) => {
      send(frame)
      send(frame)
    }
  }),
  deliverable: altered((command) => {
    if (command.kind !== 'set-rules') return [command]
    const [first] = command.rules
    return [
      { ...command, rules: command.rules.map((rule) => ({ ...rule, via: first?.via ?? '' })) },
    ]
  }),
  'ends agree': altered((command) =>
    command.kind === 'set-rules' && command.host === 'h2' ? [{ ...command, rules: [] }] : [command],
  ),
  budgets: spoilt((state) => {
    state.settings = { ...state.settings, budgets: { linksPerHost: 99, links: 999 } }
  }),
  'star untouched': altered((command) => {
    if (command.kind !== 'remove-link') return [command]
    return [{ ...command, pair: { a: command.pair.a, b: 'proxy' } }]
  }),
  'no rule without link': eachHost((host) => {
    const receive = host.receive.bind(host)
    host.receive = (message) => {
      const isLate = message.kind === 'path-rules' && message.rules.length === 0
      if (!isLate) receive(message)
      else host.session?.toProxy({ ...message, kind: 'rules-answer', error: null })
    }
  }),
  'link first': altered((command) => {
    if (command.kind !== 'set-rules') return [command]
    const via = command.host === 'h1' ? 'h2' : 'h1'
    return [{ ...command, rules: command.rules.map((rule) => ({ ...rule, via })) }]
  }),
  'rules first': altered((command) => {
    if (command.kind !== 'tell' || command.record.action !== 'link-withdrawn') return [command]
    const { pair, reason } = command.record
    return pair === null ? [command] : [command, { kind: 'remove-link', pair, reason }]
  }),
  'no storm': spoilt((state) => {
    state.backOffs.byPair.clear()
  }),
  'manual stands': spoilt((state) => {
    for (const link of state.links.values()) link.isManual = false
  }),
  'comes to rest': deaf((event) => event.kind !== 'link' || event.state !== 'removed'),
  'plan realised': spoilt((state) => {
    state.pending = []
    state.isPendingOld = false
  }),
  'none for the absent': deaf((event) => event.kind !== 'host-down'),
  level: spoilt((state) => {
    state.settings = { ...state.settings, level: 'auto' }
  }),
  'no link without order': eachHost((host) => {
    const receive = host.receive.bind(host)
    host.receive = (message) => {
      if (message.kind !== 'link-order' || !message.isRemoved) receive(message)
    }
  }),
}
