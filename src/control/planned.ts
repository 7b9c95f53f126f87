// The plan of the adaptation over the admin API, and why a pair takes its path.
//
// GET /v1/plan                   -> PlanView             (proxy)
// GET /v1/explain?a=&b=          -> Explanation          (proxy) guests by MAC or name, or hosts

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Forecast } from '../adapt/forecast.ts'
import type {
  AdaptLevel,
  AdaptRecord,
  BackOffView,
  LinkView,
  PathMeasure,
  Plan,
  PlannedLink,
} from '../adapt/types.ts'
import type { MacAddress } from '../base/mac.ts'
import * as schemas from './schemas.ts'

export interface PlanView {
  readonly level: AdaptLevel
  /** Null: none was made since the proxy started. */
  readonly plan: (Omit<Plan, 'links'> & PlanDetails) | null
}

export interface PlanDetails {
  readonly number: number
  readonly atMs: number
  /** In the order of their worth; `isUp` when the plan was made. */
  readonly links: readonly (PlannedLink & { readonly isUp: boolean })[]
}

/** A guest or a host that was asked for. */
export interface ExplainedEnd {
  readonly asked: string
  /** Null: a host was asked for. */
  readonly mac: MacAddress | null
  /** The guest's; empty: it has none. */
  readonly name: string
  /** Null: the guest was not seen at any. */
  readonly host: string | null
}

export interface Explanation {
  readonly a: ExplainedEnd
  readonly b: ExplainedEnd
  /** `local`: both on one host. `mixed`: one direction each way, which lasts for a moment only. */
  readonly path: 'local' | 'star' | 'direct' | 'mixed' | 'unknown'
  /** Bytes a second of the topology's edges between them; null: not asked for guests. */
  readonly traffic: { readonly aToB: number; readonly bToA: number } | null
  /** One sentence: what decided the path. */
  readonly why: string
  /** What would have to change for another path. */
  readonly obstacles: readonly string[]
  /** The directions of the star links of both hosts, and of the direct path, as measured. */
  readonly star: readonly PathMeasure[]
  readonly direct: readonly PathMeasure[]
  readonly link: LinkView | null
  readonly backOff: BackOffView | null
  readonly forecast: Forecast | null
  /** Of this pair of hosts, oldest first. */
  readonly changes: readonly AdaptRecord[]
}

export interface PlanningBackend {
  plan(): PlanView
  /** @throws VnetError `guest-unknown` or `guest-ambiguous`. */
  explain(a: string, b: string): Explanation
}

const end = z.string().min(1).max(80)
const explainQuery = z.strictObject({ a: end, b: end })

/** The routes; `backend` throws where the role has none. */
export function addPlanning(app: FastifyInstance, backend: () => PlanningBackend): void {
  app.get('/v1/plan', () => backend().plan())
  app.get('/v1/explain', (request) => {
    const { a, b } = schemas.parse(explainQuery, request.query)
    return backend().explain(a, b)
  })
}
