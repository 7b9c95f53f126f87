// The proxy's side of the inference: store, settings, names, collector and controller, built in
// order and wired together. What reaches it from outside: hosts that come and go, their messages,
// the proxy's own traffic.

import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { createSteadyClock, type SteadyClock } from '../base/steady-clock.ts'
import { createMatrixReporter, type MatrixReporter } from '../daemon/matrix-reporter.ts'
import type { Peer } from '../daemon/peer.ts'
import { createTraffic, type Traffic } from '../daemon/traffic.ts'
import { createInference } from '../infer/inference.ts'
import { recognise } from '../infer/recognise.ts'
import type { ChangeEvent } from '../infer/types.ts'
import type { Plane } from '../plane/plane.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import { type Collector, createCollector } from './collector.ts'
import { Controller } from './controller.ts'
import { createGuestBook, type GuestBook } from './guest-book.ts'
import { keepChange } from './inference-admin.ts'
import type { InferenceStore } from './inference-store.ts'
import { createSettings, type Settings } from './settings.ts'

export interface InferenceParts {
  readonly store: InferenceStore
  readonly settings: Settings
  readonly guestBook: GuestBook
  readonly collector: Collector
  readonly controller: Controller
  readonly steadyClock: SteadyClock
  readonly traffic: Traffic
  /** Of the proxy's own ports. */
  readonly reporter: MatrixReporter
  hostUp(peer: Peer): void
  hostDown(host: string): void
  report(peer: Peer, message: ControlMessageOf<'matrixReport'>): void
  stop(): void
}

export interface InferenceOptions {
  readonly plane: Plane
  readonly clock: Clock
  readonly log: Log
  readonly store: InferenceStore
  /** Name and instance of the proxy, as one that reports. */
  readonly self: { readonly host: string; readonly instance: string }
  /** All hosts that are connected. */
  readonly peers: () => Iterable<Peer>
}

/** Begins at once. */
export function startInference(options: InferenceOptions): InferenceParts {
  const { plane, clock, log, store, self } = options
  const steadyClock = createSteadyClock(clock)
  const settings = createSettings(store, () => settingsChanged(parts, options))
  const collector = createCollector()
  const traffic = createTraffic(clock.monotonicMs())
  const controller = new Controller({
    ...{ clock, steadyClock, log },
    createInference: (parameters) => createInference(parameters, { recognise }),
    parameters: () => settings.infer(),
    isOn: () => settings.isOn(),
    onChange: (change) => changed(parts, options, change),
  })
  const reporter = createMatrixReporter({
    ...{ plane, clock, traffic, proxyNowMs: steadyClock.nowMs },
    onCut: (cut) => controller.take(collector.own(self, cut)),
    isBusy: () => plane.ports().length > 0, // a hub counts only what its own queues drop
  })
  const parts: InferenceParts = {
    ...{ store, settings, collector, controller, steadyClock, traffic, reporter },
    guestBook: createGuestBook(store),
    hostUp: (peer) => sendOrder(parts, peer),
    hostDown(host) {
      collector.forget(host)
      parts.guestBook.forget(host)
    },
    report(peer, message) {
      const from = { host: peer.name, instance: peer.hello.instance }
      const report = collector.receive(from, message)
      if (report !== null) controller.take(report)
    },
    stop() {
      controller.stop()
      reporter.stop()
    },
  }
  reporter.order(orderedMs(settings))
  return parts
}

function orderedMs(settings: Settings): number {
  return settings.isOn() ? settings.infer().updateIntervalMs : 0
}

function sendOrder({ settings }: InferenceParts, peer: Peer): void {
  peer.send({ kind: 'matrixOrder', updateIntervalMs: Math.round(orderedMs(settings)) })
}

function settingsChanged(parts: InferenceParts, { peers }: InferenceOptions): void {
  parts.controller.parametersChanged()
  parts.reporter.order(orderedMs(parts.settings))
  for (const peer of peers()) sendOrder(parts, peer)
}

/** A full disk must not end the inference. */
function changed(
  parts: InferenceParts,
  { log, clock }: InferenceOptions,
  change: ChangeEvent,
): void {
  const { added, removed, after } = change
  const patterns = after.map(({ name, guests }) => `${name} of ${guests.length}`)
  log.info(
    { added: added.length, removed: removed.length, reactionMs: change.atMs - change.firstFrameMs },
    `topology: ${patterns.join(', ') || 'none'}`,
  )
  try {
    keepChange(parts, change, clock.wallMs())
  } catch (error) {
    log.error({ err: error }, `change of the topology not written down: ${messageOf(error)}`)
  }
}
