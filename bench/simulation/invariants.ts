// What must hold in every simulated schedule: at each command, for each frame, and at rest. A
// breach is written down in one sentence; the first one is what the run fails with.

import { BACK_OFF_FIRST_MS } from '../../src/adapt/back-off.ts'
import { WITHDRAW_PATIENCE_MS } from '../../src/adapt/life.ts'
import { type AdaptCommand, type AdaptEvent, hostPair, pairKey } from '../../src/adapt/types.ts'
import type { Frame } from './frames.ts'
import type { Network } from './network.ts'
import type { SimulatedProxy } from './proxy.ts'
import { PROXY } from './underlay.ts'

/** Host, proxy, host. */
const HOPS_MAX = 2
/** Messages of the proxy to a host within so long; what a restart of everything needs is less. */
const STORM_MS = 10_000
const STORM_MESSAGES_MAX = 150

export interface Breach {
  readonly invariant: string
  readonly what: string
}

export class Invariants {
  readonly breaches: Breach[] = []
  messages = 0
  frames = { delivered: 0, lost: 0 }
  /** The most messages that a host got within `STORM_MS`. */
  storm = 0
  readonly #network: Network
  readonly #messagesAt = new Map<string, number[]>()
  /** Pairs whose order failed, and when: the next try must wait. */
  readonly #failedAt = new Map<string, number>()
  readonly #withdrawnAt = new Map<string, number>()

  constructor(network: Network) {
    this.#network = network
  }

  breach(invariant: string, what: string): void {
    const seconds = (this.#network.nowMs / 1000).toFixed(3)
    this.breaches.push({ invariant, what: `${seconds} s: ${what}` })
    this.#network.note(`BREACH of '${invariant}': ${what}`)
  }

  arrived(frame: Frame): void {
    frame.deliveries += 1
    this.frames.delivered += 1
    if (frame.deliveries > 1) this.breach('no duplicate', `frame ${frame.number} arrived twice`)
    if (frame.way.length > HOPS_MAX) {
      this.breach('no loop', `frame ${frame.number} went ${frame.way.join(' ')}`)
    }
  }

  lost(frame: Frame, why: string): void {
    frame.lostBecause = why
    this.frames.lost += 1
  }

  message(host: string): void {
    this.messages += 1
    const { nowMs } = this.#network
    const recent = (this.#messagesAt.get(host) ?? []).filter((atMs) => nowMs - atMs < STORM_MS)
    recent.push(nowMs)
    this.#messagesAt.set(host, recent)
    this.storm = Math.max(this.storm, recent.length)
    if (recent.length !== STORM_MESSAGES_MAX) return
    this.breach('no storm', `${host} got ${recent.length} messages in ${STORM_MS / 1000} s`)
  }

  event(event: AdaptEvent): void {
    const { nowMs, proxy } = this.#network
    // What failed because a host went is no failure of the pair.
    if (event.kind === 'link' && event.state === 'failed') {
      const { a, b } = event.pair
      if (proxy?.isUp(a) && proxy.isUp(b)) this.#failedAt.set(pairKey(event.pair), nowMs)
    }
    if (event.kind === 'host-down') {
      for (const key of this.#failedAt.keys()) {
        if (key.split(' ').includes(event.host)) this.#failedAt.delete(key)
      }
    }
  }

  command(command: AdaptCommand, proxy: SimulatedProxy): void {
    switch (command.kind) {
      case 'add-link':
        this.#addLink(command, proxy)
        return
      case 'remove-link':
        this.#removeLink(command, proxy)
        return
      case 'set-rules':
        this.#setRules(command, proxy)
        return
      case 'tell': {
        const { action, pair } = command.record
        if (action !== 'link-withdrawn' || pair === null) return
        this.#withdrawnAt.set(pairKey(pair), this.#network.nowMs)
        return
      }
    }
  }

  proxyGone(): void {
    this.#failedAt.clear()
  }

  /** All that must hold when nothing happens any more; `frames` went between all guests. */
  atRest(frames: readonly Frame[]): void {
    this.#rulesHaveLinks()
    this.#linksAreOrdered()
    this.#budgetsHold()
    this.#planIsRealised()
    this.#framesArrive(frames)
    this.#endsAgree(frames)
  }

  #addLink({ pair }: { readonly pair: { a: string; b: string } }, proxy: SimulatedProxy): void {
    const { a, b } = pair
    const { budgets, level } = this.#network.kept.settings
    if (a === PROXY || b === PROXY) this.breach('star untouched', `a link ${a} - ${b}`)
    if (level !== 'auto') this.breach('level', `a link is ordered while ${level}`)
    for (const host of [a, b]) {
      if (!proxy.isUp(host)) this.breach('none for the absent', `a link to ${host}, who is down`)
      const count = proxy.orders.countOf(host)
      if (count >= budgets.linksPerHost) {
        this.breach('budgets', `${host} has ${count} links of ${budgets.linksPerHost}, one more`)
      }
    }
    if (proxy.orders.count() >= budgets.links) {
      this.breach('budgets', `${proxy.orders.count()} links of ${budgets.links}, one more`)
    }
    const sinceMs = this.#network.nowMs - (this.#failedAt.get(pairKey(pair)) ?? -Infinity)
    if (sinceMs < BACK_OFF_FIRST_MS) {
      this.breach('no storm', `${a} - ${b} is tried again ${sinceMs} ms after it failed`)
    }
  }

  #removeLink({ pair }: { readonly pair: { a: string; b: string } }, proxy: SimulatedProxy): void {
    const { a, b } = pair
    const key = pairKey(pair)
    if (a === PROXY || b === PROXY) this.breach('star untouched', `remove ${a} - ${b}`)
    if (this.#network.kept.saved.get(key)?.origin === 'manual')
      this.breach('manual stands', `remove ${a} - ${b}`)
    const since = this.#withdrawnAt.get(key) ?? this.#network.nowMs
    if (this.#network.nowMs - since >= WITHDRAW_PATIENCE_MS) return
    for (const [host, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!proxy.isUp(host)) continue
      const rules = this.#network.hosts.get(host)?.rules ?? []
      if (rules.some(({ via }) => via === peer)) {
        this.breach('rules first', `${a} - ${b} is removed while ${host} has rules for it`)
      }
    }
  }

  #setRules(
    { host, rules }: Extract<AdaptCommand, { kind: 'set-rules' }>,
    proxy: SimulatedProxy,
  ): void {
    if (!proxy.isUp(host)) this.breach('none for the absent', `rules for ${host}, who is down`)
    for (const via of new Set(rules.map((rule) => rule.via))) {
      if (this.#network.kept.saved.has(pairKey(hostPair(host, via)))) continue
      this.breach('link first', `${host} gets rules via ${via} without a link`)
    }
  }

  #rulesHaveLinks(): void {
    for (const { name, host } of this.#present()) {
      if (host.refusesRules) continue
      for (const via of new Set(host.rules.map((rule) => rule.via))) {
        if (host.linkTo(via) !== null) continue
        this.breach('no rule without link', `${name} has rules via ${via}, and no link`)
      }
    }
  }

  #linksAreOrdered(): void {
    for (const { name, host } of this.#present()) {
      for (const peer of host.orderedPeers()) {
        const pair = hostPair(name, peer)
        if (this.#network.kept.saved.has(pairKey(pair)) || this.#isTried(pair)) continue
        this.breach('no link without order', `${name} has an order to ${peer}, the proxy has not`)
      }
    }
  }

  #isTried(pair: { a: string; b: string }): boolean {
    return this.#network.proxy?.state.links.get(pairKey(pair))?.phase === 'ordering'
  }

  #budgetsHold(): void {
    const { proxy, kept } = this.#network
    const { linksPerHost } = kept.settings.budgets
    for (const name of this.#network.names) {
      const manual = [...kept.saved.values()].filter(
        ({ origin, pair: { a, b } }) => origin === 'manual' && (a === name || b === name),
      )
      const count = proxy?.orders.countOf(name) ?? 0
      if (count <= Math.max(linksPerHost, manual.length)) continue
      this.breach('budgets', `${name} has ${count} links of ${linksPerHost} at rest`)
    }
  }

  /** Every link of the plan that can be is there. */
  #planIsRealised(): void {
    const { proxy, underlay, hosts } = this.#network
    const state = proxy?.state
    if (state === undefined || state.settings.level !== 'auto') return
    for (const [key, { pair }] of state.wanted) {
      const ends = [hosts.get(pair.a), hosts.get(pair.b)]
      const areUp = ends.every((host) => host?.session && !host.refusesRules)
      const isWay = !underlay.closed.has(key) && !underlay.cut.has(key)
      const isBackWay = !underlay.cut.has(`${pair.b} ${pair.a}`)
      const isDialable = ends.some((host) => host?.canBeDialled)
      const { untilMs = 0 } = state.backOffs.byPair.get(key) ?? {}
      const isLeftAlone = untilMs + 10_000 > state.nowMs
      if (!areUp || !isWay || !isBackWay || !isDialable || isLeftAlone) continue
      if (state.links.get(key)?.isConnected || this.#isFull(pair)) continue
      this.breach('plan realised', `${pair.a} - ${pair.b} is wanted and possible, and is not there`)
    }
  }

  #isFull(pair: { a: string; b: string }): boolean {
    const { proxy, kept } = this.#network
    const { linksPerHost, links } = kept.settings.budgets
    if (proxy === null || proxy.orders.count() >= links) return true
    return [pair.a, pair.b].some((host) => proxy.orders.countOf(host) >= linksPerHost)
  }

  #framesArrive(frames: readonly Frame[]): void {
    for (const frame of frames) {
      const [from, to] = [frame.source, frame.destination].map((guest) =>
        this.#network.hostOf(guest),
      )
      if (!from?.session || !to?.session || frame.deliveries > 0) continue
      const { source, destination, lostBecause } = frame
      const way = frame.way.join(' ')
      this.breach('deliverable', `${source} to ${destination} by ${way}: ${lostBecause}`)
    }
  }

  /** Both directions of a pair go the same way. */
  #endsAgree(frames: readonly Frame[]): void {
    const direct = new Map<string, boolean>()
    for (const { source, destination, way } of frames) {
      direct.set(`${source} ${destination}`, !way.some((hop) => hop.endsWith(`>${PROXY}`)))
    }
    for (const frame of frames) {
      const { source, destination } = frame
      const ends = [source, destination].map((guest) => this.#network.hostOf(guest))
      if (ends[0] === ends[1] || ends.some((host) => !host?.session)) continue
      // Who refuses every change keeps what it had.
      if (ends.some((host) => host?.refusesRules)) continue
      if (source > destination) continue
      const [there, back] = [`${source} ${destination}`, `${destination} ${source}`]
      if (direct.get(there) === direct.get(back)) continue
      this.breach('ends agree', `${there} is ${direct.get(there) ? 'direct' : 'on the star'}, only`)
    }
  }

  /** Hosts that are connected now. */
  #present() {
    return [...this.#network.hosts]
      .filter(([, host]) => host.session !== null)
      .map(([name, host]) => ({ name, host }))
  }
}
