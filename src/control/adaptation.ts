// The adaptation over the admin API: what is asked, what is answered, and its routes.
//
// GET /v1/adaptation             -> AdaptView            (proxy)
// PUT /v1/adaptation             {level} -> AdaptView    (proxy) in force at once, and kept
// PUT /v1/adaptation/pins        PathPinRequest -> {}    (proxy)
// GET /v1/events?follow=&lines=  -> newline-delimited AdaptRecord, oldest first (proxy)

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { ADAPT_LEVELS } from '../adapt/parameters.ts'
import type {
  AdaptLevel,
  AdaptRecord,
  BackOffView,
  Budgets,
  LinkView,
  Pin,
  Plan,
} from '../adapt/types.ts'
import type { MacAddress } from '../base/mac.ts'
import type { GuestNames } from './api.ts'
import * as schemas from './schemas.ts'

export interface AdaptView {
  readonly level: AdaptLevel
  readonly budgets: Budgets
  readonly margin: number
  readonly dwellMs: number
  /** The proxy has just started: links of before stand, and nothing is decided yet. */
  readonly isSettling: boolean
  /** The last one made; null: none since the start. */
  readonly plan: (Omit<Plan, 'onStar'> & { readonly number: number; readonly atMs: number }) | null
  readonly links: readonly LinkView[]
  /** Pairs of hosts that are left alone for a while. */
  readonly backOffs: readonly BackOffView[]
  readonly pins: readonly Pin[]
  /** Of pinned guests. */
  readonly names: GuestNames
}

export interface PathPinRequest {
  readonly source: MacAddress
  readonly destination: MacAddress
  /** `auto`: no pin any more. */
  readonly path: Pin['path'] | 'auto'
}

export interface AdaptationBackend {
  view(): AdaptView
  setLevel(level: AdaptLevel): void
  /** Both directions of the pair. @throws VnetError `request-invalid`. */
  setPin(pin: PathPinRequest): void
  /** The last records, oldest first. */
  recent(count: number): readonly AdaptRecord[]
  /** Calls back for each further record until the returned function is called. */
  follow(onRecord: (record: AdaptRecord) => void): () => void
}

const levelRequest = z.strictObject({ level: z.enum(ADAPT_LEVELS) })
const pinRequest = z.strictObject({
  source: schemas.mac,
  destination: schemas.mac,
  path: z.enum(['star', 'direct', 'auto']),
})

/** The routes without the stream; `backend` throws where the role has none. */
export function addAdaptation(app: FastifyInstance, backend: () => AdaptationBackend): void {
  app.get('/v1/adaptation', () => backend().view())
  app.put('/v1/adaptation', (request) => {
    backend().setLevel(schemas.parse(levelRequest, request.body).level)
    return backend().view()
  })
  app.put('/v1/adaptation/pins', (request) => {
    backend().setPin(schemas.parse(pinRequest, request.body))
    return {}
  })
}
