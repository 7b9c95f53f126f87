// What the adaptation tells: kept in a bounded ring for those who ask, passed on to those who
// follow, and written into the audit log. A plan of many links is many records at once: they reach
// the disk together, a moment later.

import type { AdaptRecord } from '../adapt/types.ts'
import { pairKey } from '../adapt/types.ts'
import type { Cancel, Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { AuditEntry, TrustStore } from '../trust/store.ts'

/** Records that are kept in memory: some plans of 64 links with all their steps. */
export const ADAPT_RECORDS_MAX = 2_000
const FLUSH_MS = 200
/** Told and audited by nobody: such are the audit entries of a storm. */
const UNWRITTEN_MAX = 10_000

export interface AdaptLog {
  add(record: AdaptRecord): void
  /** The last ones, oldest first. */
  recent(count: number): readonly AdaptRecord[]
  /** Calls back for each further record until the returned function is called. */
  follow(onRecord: (record: AdaptRecord) => void): () => void
  /** Writes what is not written yet. */
  stop(): void
}

export function createAdaptLog(options: {
  readonly clock: Clock
  readonly log: Log
  readonly trust: Pick<TrustStore, 'audit' | 'transaction'>
}): AdaptLog {
  const { clock, log, trust } = options
  const ring: AdaptRecord[] = []
  const followers = new Set<(record: AdaptRecord) => void>()
  let unwritten: AuditEntry[] = []
  let cancel: Cancel | null = null

  function flush(): void {
    cancel?.()
    cancel = null
    const entries = unwritten
    unwritten = []
    try {
      trust.transaction(() => {
        for (const entry of entries) trust.audit(entry)
      })
    } catch (error) {
      log.error({ err: error }, `the adaptation's acts are not in the audit: ${messageOf(error)}`)
    }
  }

  return {
    add(record) {
      ring.push(record)
      if (ring.length > ADAPT_RECORDS_MAX) ring.shift()
      log.info(fieldsOf(record), `adaptation: ${record.action}: ${record.reason}`)
      for (const follower of followers) follower(record)
      if (unwritten.length < UNWRITTEN_MAX) unwritten.push(auditOf(record, clock.wallMs()))
      cancel ??= clock.after(FLUSH_MS, flush)
    },
    recent: (count) => ring.slice(Math.max(0, ring.length - count)),
    follow(onRecord) {
      followers.add(onRecord)
      return () => followers.delete(onRecord)
    },
    stop() {
      if (unwritten.length > 0) flush()
      cancel?.()
    },
  }
}

function fieldsOf({ pair, host, plan }: AdaptRecord) {
  return { ...(pair ?? {}), ...(host === null ? {} : { host }), plan }
}

/** `alpha - beta: the proxy sends 4 times as much as ... (plan 3)` */
function auditOf({ action, pair, host, reason, plan }: AdaptRecord, atMs: number): AuditEntry {
  const whom = pair !== null ? `${pairKey(pair).replace(' ', ' - ')}: ` : host ? `${host}: ` : ''
  const why = plan === null ? '' : ` (plan ${plan})`
  return { atMs, actor: 'adaptation', action, detail: `${whom}${reason}${why}` }
}
