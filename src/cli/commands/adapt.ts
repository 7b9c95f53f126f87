// Commands about the adaptation of the network: how far it may go, what people fix, what it does.

import type { Command, CommandGroup } from '../command.ts'
import { planCommands } from './plan.ts'

const adapt: Command = {
  words: ['adapt'],
  summary: 'show or set how the network adapts itself to its traffic (at the proxy)',
  details: [
    'auto: fast paths are made where the traffic of the guests is faster with them, and taken ' +
      'away again. recommend: what would be done is told only. off: its fast paths are taken ' +
      'away, all traffic takes the star; links made by hand stay. The level is kept. Budgets, ' +
      "margin and dwell time are parameters: 'vnet get', 'vnet set'.",
  ],
  positionals: [
    {
      name: 'LEVEL',
      about: 'off, recommend or auto; without it: show',
      isOptional: true,
      complete: ['off', 'recommend', 'auto'],
    },
  ],
  isRemote: true,
  isWatchable: true,
  jsonType: 'AdaptView',
  examples: [
    { line: 'vnet adapt', about: 'level, budgets, the plan, its links and pairs left alone' },
    { line: 'vnet adapt recommend', about: 'look first what it would do' },
    { line: 'vnet adapt off', about: 'all on the star, for instance to compare' },
    { line: 'vnet set linksPerHost 4', about: 'no more than four fast paths at any host' },
  ],
  run: async (context) => (await import('../runs/adapt.ts')).runAdapt(context),
}

const pinPath: Command = {
  words: ['pin'],
  summary: 'fix the path between two guests, or list what is fixed (at the proxy)',
  details: [
    'star: their traffic always takes the star. direct: their hosts get a fast path before any ' +
      'other. auto: the adaptation decides again. Both directions, wherever the guests are. ' +
      "(To bind a MAC address to a host: 'vnet pin add'.)",
  ],
  positionals: [
    { name: 'A', about: 'a guest: its MAC address or its name', isOptional: true, complete: 'mac' },
    { name: 'B', about: 'another guest', isOptional: true, complete: 'mac' },
    {
      name: 'PATH',
      about: 'star, direct or auto',
      isOptional: true,
      complete: ['star', 'direct', 'auto'],
    },
  ],
  isRemote: true,
  jsonType: 'Pin[]',
  examples: [
    { line: 'vnet pin', about: 'list them' },
    { line: 'vnet pin vm1 vm2 direct', about: 'a fast path for these two first' },
    { line: 'vnet pin vm1 vm3 star', about: 'never directly' },
    { line: 'vnet pin vm1 vm2 auto', about: 'as the traffic asks for' },
  ],
  run: async (context) => (await import('../runs/path-pin.ts')).runPathPin(context),
}

const events: Command = {
  words: ['events'],
  summary: 'show what the adaptation did, and why (at the proxy)',
  details: ["Also in the audit log, for longer: 'vnet audit'."],
  options: {
    follow: { kind: 'flag', short: 'f', about: 'go on with new ones; Ctrl-C ends' },
    lines: { kind: 'number', short: 'n', about: 'events to start with', fallback: '100' },
  },
  isRemote: true,
  jsonType: 'AdaptRecord, one a line',
  examples: [
    { line: 'vnet events -f', about: 'watch it adapt' },
    { line: `vnet events --json | jq -r 'select(.action=="back-off").reason'`, about: 'a script' },
  ],
  run: async (context) => (await import('../runs/events.ts')).runEvents(context),
}

export const adaptCommands: CommandGroup = {
  title: 'Adaptation',
  commands: [adapt, ...planCommands, pinPath, events],
}
