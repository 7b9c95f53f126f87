// Commands about what the adaptation decided, and why.

import type { Command } from '../command.ts'

const plan: Command = {
  words: ['plan'],
  summary: 'show which fast paths the network should have, what each gains, and why',
  details: [
    'The phase is how long the traffic that is seen in a second would take if all of it went as ' +
      'fast as the network allows: on the star alone, with the links that stood when the plan ' +
      'was made, and as planned. A gain is the phase before the link over the phase with it, in ' +
      'the order of the table. Needs level recommend or auto (vnet adapt).',
  ],
  options: {
    top: { kind: 'number', short: 'n', about: 'rows of each table to show', fallback: '50' },
  },
  isRemote: true,
  isWatchable: true,
  jsonType: 'PlanView (src/control/planned.ts)',
  examples: [
    { line: 'vnet plan', about: 'the last plan' },
    { line: `vnet plan --json | jq '.plan.onStar[]'`, about: 'who stays on the star, and why' },
  ],
  run: async (context) => (await import('../runs/plan.ts')).runPlan(context),
}

const explain: Command = {
  words: ['explain'],
  summary: 'tell why two guests (or hosts) talk over the proxy or directly',
  details: [
    'Path now and what decided it, star and direct path as they were measured, what the plan ' +
      'expects of each, what stands in the way of a direct path, and what happened last.',
  ],
  positionals: [
    { name: 'A', about: 'a guest by MAC address or name, or a host', complete: 'mac' },
    { name: 'B', about: 'the other one', complete: 'mac' },
  ],
  isRemote: true,
  isWatchable: true,
  jsonType: 'Explanation (src/control/planned.ts)',
  examples: [
    { line: 'vnet explain vm1 vm2', about: 'two guests by name' },
    { line: 'vnet explain alpha beta', about: 'the hosts themselves' },
  ],
  run: async (context) => (await import('../runs/plan.ts')).runExplain(context),
}

export const planCommands: readonly Command[] = [plan, explain]
