// What the fixed proxy of the command line's tests answers about its adaptation.

import type { AdaptRecord } from '../../src/adapt/types.ts'
import { parseMac } from '../../src/base/mac.ts'
import type { AdaptationBackend, AdaptView } from '../../src/control/adaptation.ts'

const vm1 = parseMac('52:54:00:00:00:01')
const vm3 = parseMac('52:54:00:00:00:03')
const AT_MS = Date.UTC(2026, 6, 29, 12, 0, 0)

export const ADAPT_VIEW: AdaptView = {
  level: 'auto',
  budgets: { linksPerHost: 16, links: 10_000 },
  margin: 0.1,
  dwellMs: 10_000,
  isSettling: false,
  plan: {
    ...{ number: 3, atMs: AT_MS - 5_000, bottleneck: 'alpha sends' },
    ...{ starSeconds: 0.4, presentSeconds: 0.1, plannedSeconds: 0.1 },
    links: [{ a: 'alpha', b: 'beta', gain: 4, reason: '80 Mbit/s leave the star' }],
  },
  links: [
    {
      ...{ a: 'alpha', b: 'beta', phase: 'standing', isConnected: true, isManual: false },
      ...{ isWanted: true, sinceMs: AT_MS - 60_000, edges: 2, reason: '80 Mbit/s leave the star' },
    },
  ],
  backOffs: [
    { a: 'beta', b: 'gamma', failures: 2, untilMs: AT_MS + 8_000, reason: 'no way between them' },
  ],
  pins: [{ source: vm1, destination: vm3, path: 'direct' }],
  names: { [vm1]: 'vm1' },
}

const EVENTS: readonly AdaptRecord[] = [
  {
    ...{ atMs: AT_MS, action: 'link-up', pair: { a: 'alpha', b: 'beta' }, host: null, plan: 3 },
    reason: 'alpha dialled beta',
  },
  { ...{ atMs: AT_MS, action: 'rules-set', pair: null, host: 'beta', plan: 3 }, reason: '2 rules' },
]

/** Answers with the values above; what is set is recorded. */
export function fixedAdaptation(
  note: (act: string, ...details: unknown[]) => void,
): AdaptationBackend {
  return {
    view: () => ADAPT_VIEW,
    setLevel: (level) => note('setLevel', level),
    setPin: (pin) => note('setPathPin', pin),
    recent: (count) => EVENTS.slice(-count),
    follow: () => () => {},
  }
}
