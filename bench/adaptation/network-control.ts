// The proxy's own adaptation as the experiments use it: off with nothing left of it, and what it
// did, from the audit log.

import type { AuditRow } from '../../src/control/api.ts'
import type { Lab } from '../../src/lab/handle.ts'
import { until } from '../wait.ts'

/** Of the audit log that is looked at; a change of 28 links has some 100. */
const AUDIT_LINES = 2_000
const CLEARED_WITHIN_MS = 40_000

/** What changes which way frames go. */
const LINK_ACTIONS: ReadonlySet<string> = new Set([
  ...['link-ordered', 'link-up', 'link-failed', 'link-down', 'link-withdrawn', 'rules-set'],
])

export interface NetworkControl {
  /** No links of its own any more, and none to come; resolves when that is so. */
  switchOff(): Promise<void>
  /** How long a link stays without use. */
  setDwell(ms: number): Promise<void>
  /** Orders, links and rules since then (wall clock), oldest first. */
  actionsSince(ms: number): Promise<readonly AuditRow[]>
  /** Fast paths that stand. */
  countLinks(): Promise<number>
}

export function controlOf(lab: Lab): NetworkControl {
  const admin = lab.admin('proxy')
  const countLinks = async () => {
    const hosts = await admin.hosts()
    return hosts.reduce((sum, { fastPaths }) => sum + fastPaths.length, 0) / 2
  }
  return {
    countLinks,
    async switchOff() {
      await admin.setAdaptation('off')
      await until(async () => (await countLinks()) === 0, {
        ...{ what: 'all links to be withdrawn', timeoutMs: CLEARED_WITHIN_MS, intervalMs: 200 },
      })
    },
    setDwell: async (ms) => {
      await admin.setParameter('dwellMs', ms)
    },
    actionsSince: async (ms) =>
      (await admin.audit(AUDIT_LINES))
        .filter(({ actor, action, atMs }) => {
          return actor === 'adaptation' && atMs >= ms && LINK_ACTIONS.has(action)
        })
        .sort((one, other) => one.atMs - other.atMs),
  }
}
