// The proxy's side of the inference: store, settings, names, collector and controller, built in
// order and wired together. What reaches it from outside: hosts that come and go, their messages,
// the proxy's own traffic.

import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { MacAddress } from '../base/mac.ts'
import { createSteadyClock, type SteadyClock } from '../base/steady-clock.ts'
import { createMatrixReporter, type MatrixReporter } from '../daemon/matrix-reporter.ts'
import type { Peer } from '../daemon/peer.ts'
import { createTraffic, type Traffic } from '../daemon/traffic.ts'
import { createInference } from '../infer/inference.ts'
import type { ChangeEvent } from '../infer/types.ts'
import type { Plane } from '../plane/plane.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import { type Collector, createCollector } from './collector.ts'
import { Controller } from './controller.ts'
import { createGuestBook, type GuestBook } from './guest-book.ts'
import { keepChange } from './inference-admin.ts'
import type { InferenceStore } from './inference-store.ts'
import { createReportCheck, type ReportCheck } from './report-check.ts'
import { createSettings, type Settings } from './settings.ts'

export interface InferenceParts {
  readonly store: InferenceStore
  readonly settings: Settings
  readonly guestBook: GuestBook
  readonly collector: Collector
  readonly check: ReportCheck
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
  /** The host that a guest belongs to; null: not announced. */
  readonly homeOf: (mac: MacAddress) => string | null
  /** The topology is another one. */
  readonly onChange: () => void
  /** A parameter was set, of the inference or of the adaptation. */
  readonly onSettings: () => void
}

/** Begins at once. */
export function startInference(options: InferenceOptions): InferenceParts {
  const { plane, clock, log, store, self } = options
  const steadyClock = createSteadyClock(clock)
  const settings = createSettings(store, () => settingsChanged(parts, options))
  const collector = createCollector()
  const check = createReportCheck(options)
  const traffic = createTraffic(clock.monotonicMs())
  const controller = new Controller({
    ...{ clock, steadyClock, log },
    createInference,
    parameters: () => settings.infer(),
    isOn: () => settings.isOn(),
    onChange: (change) => changed(parts, options, change),
    loopUtilisation: measureLoop(),
    onPace: () => orderAll(parts, options),
  })
  const reporter = createMatrixReporter({
    ...{ plane, clock, traffic, proxyNowMs: steadyClock.nowMs },
    onCut: (cut) => controller.take(collector.own(self, cut)),
    isBusy: () => plane.ports().length > 0, // a hub counts only what its own queues drop
  })
  const parts: InferenceParts = {
    ...{ store, settings, collector, check, controller, steadyClock, traffic, reporter },
    guestBook: createGuestBook(store),
    hostUp(peer) {
      controller.hostUp()
      sendOrder(parts, peer)
    },
    hostDown(host) {
      collector.forget(host)
      parts.guestBook.forget(host)
    },
    report(peer, message) {
      const from = { host: peer.name, instance: peer.hello.instance }
      const report = collector.receive(from, message)
      if (report !== null) controller.take(check.sift(report))
    },
    stop() {
      controller.stop()
      reporter.stop()
    },
  }
  reporter.order(orderedMs(parts))
  return parts
}

function orderedMs({ settings, controller }: Pick<InferenceParts, 'settings' | 'controller'>) {
  return settings.isOn() ? Math.round(controller.updateIntervalMs) : 0
}

function sendOrder(parts: InferenceParts, peer: Peer): void {
  peer.send({ kind: 'matrixOrder', updateIntervalMs: orderedMs(parts) })
}

function orderAll(parts: InferenceParts, { peers }: InferenceOptions): void {
  parts.reporter.order(orderedMs(parts))
  for (const peer of peers()) sendOrder(parts, peer)
}

function settingsChanged(parts: InferenceParts, options: InferenceOptions): void {
  parts.controller.parametersChanged()
  orderAll(parts, options)
  options.onSettings()
}

/** The share of the time since the last call that the event loop was busy. */
function measureLoop(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}

/** A full disk must not end the inference. */
function changed(
  parts: InferenceParts,
  { log, clock, onChange }: InferenceOptions,
  change: ChangeEvent,
): void {
  const { added, removed, after } = change
  const patterns = after.map(({ name, guests }) => `${name} of ${guests.length}`)
  log.info(
    { added: added.length, removed: removed.length, reactionMs: change.atMs - change.firstFrameMs },
    `topology: ${patterns.join(', ') || 'none'}`,
  )
  onChange()
  try {
    keepChange(parts, change, clock.wallMs())
  } catch (error) {
    log.error({ err: error }, `change of the topology not written down: ${messageOf(error)}`)
  }
}
