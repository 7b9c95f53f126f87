// The proxy's side of the adaptation, built and joined to its neighbours: orders of links, the
// inference, places of guests, what is kept over a restart.

import type { MeasuredNetwork } from '../adapt/measured.ts'
import { adaptSettings } from '../adapt/parameters.ts'
import { planLinks } from '../adapt/planner.ts'
import { problemBuilder } from '../adapt/planning.ts'
import type { AdaptLevel, Pin } from '../adapt/types.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Peer } from '../daemon/peer.ts'
import type { Plane } from '../plane/plane.ts'
import type { TrustStore } from '../trust/store.ts'
import { createAdaptLog } from './adapt-log.ts'
import { Adaptation } from './adaptation.ts'
import { guestPlaces } from './guest-places.ts'
import type { InferenceParts } from './inference-parts.ts'
import type { MacAuthority } from './mac-authority.ts'
import type { NetworkStore } from './network-store.ts'
import type { Orders } from './orders.ts'

export interface AdaptationParts {
  readonly engine: Adaptation
  level(): AdaptLevel
  /** In force at once, and after a restart. */
  setLevel(level: AdaptLevel): void
  pins(): readonly Pin[]
  /** `auto`: the pair is not pinned any more. */
  setPin(pin: Omit<Pin, 'path'> & { readonly path: Pin['path'] | 'auto' }): void
}

export interface AdaptationPartsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
  readonly plane: Plane
  readonly proxy: string
  readonly store: NetworkStore
  readonly trust: TrustStore
  readonly orders: Orders
  readonly macs: MacAuthority
  readonly inference: InferenceParts
  readonly peerOf: (host: string) => Peer | null
  /** Of the configuration: in force until people set another. */
  readonly initialLevel: AdaptLevel
  readonly network: MeasuredNetwork
}

/** Begins at once. */
export function startAdaptation(options: AdaptationPartsOptions): AdaptationParts {
  const { clock, log, store, inference, macs, plane, proxy, network } = options
  const nowMs = () => inference.steadyClock.nowMs()
  const level = () => store.level() ?? options.initialLevel
  let [currentLevel, pins] = [level(), store.pathPins()]
  const engine = new Adaptation({
    ...{ clock, log, nowMs, proxy, orders: options.orders, peerOf: options.peerOf, planLinks },
    seed: Buffer.from(options.random.bytes(4)).readUInt32LE(),
    settings: () => adaptSettings(currentLevel, inference.settings.adapt()),
    pins: () => pins,
    settleMs: 2 * inference.settings.infer().smoothingIntervalMs,
    topology: () => inference.controller.inference.topology(),
    places: () => guestPlaces({ plane, proxy, owners: macs.owners() }),
    measures: (atMs) => network.paths(atMs),
    buildProblem: problemBuilder(() => network.figures(nowMs())),
    records: createAdaptLog({ clock, log, trust: options.trust }),
  })
  return {
    engine,
    level: () => currentLevel,
    setLevel(wanted) {
      store.putLevel(wanted)
      currentLevel = wanted
      engine.settingsChanged()
    },
    pins: () => pins,
    setPin({ path, ...pair }) {
      if (path === 'auto') store.removePathPin(pair)
      else store.putPathPin({ ...pair, path })
      pins = store.pathPins()
      engine.pinsChanged()
    },
  }
}
