// The proxy's orders of links in a simulation: what src/proxy/orders.ts does, one pair at a time
// and each side tried in turn, without its promises. What stands survives the proxy.

import { type HostPair, hostPair, pairKey } from '../../src/adapt/types.ts'
import type { LinkOrder, LinkReport } from './messages.ts'
import type { VirtualTime } from './time.ts'

export const TRY_TIMEOUT_MS = 2_200

export interface SavedOrder {
  readonly orderId: string
  readonly pair: HostPair
  readonly dialler: string
  readonly origin: 'manual' | 'adapt'
}

interface Standing extends SavedOrder {
  readonly up: Set<string>
}

interface Try {
  readonly saved: SavedOrder
  readonly up: Set<string>
  readonly settle: (failure: string | null) => void
}

export interface OrdersOptions {
  readonly time: VirtualTime
  /** What stands, by `pairKey`; kept by the caller beyond this proxy's life. */
  readonly saved: Map<string, SavedOrder>
  readonly isUp: (host: string) => boolean
  readonly canBeDialled: (host: string) => boolean
  readonly send: (host: string, message: LinkOrder) => void
  readonly tell: (pair: HostPair, state: LinkReport['state'], reason: string) => void
  /** What was made by hand is another set now. */
  readonly manualChanged: () => void
  readonly nextOrderId: () => string
}

export class SimulatedOrders {
  readonly #options: OrdersOptions
  readonly #standing = new Map<string, Standing>()
  readonly #tries = new Map<string, Try>()
  readonly #removing = new Set<string>()
  /** Void once the proxy is gone. */
  isAlive = true

  constructor(options: OrdersOptions) {
    this.#options = options
    for (const saved of options.saved.values()) {
      this.#standing.set(saved.orderId, { ...saved, up: new Set() })
    }
  }

  /** Somebody is at work on the pair; what is asked then is refused. */
  isBusy(pair: HostPair): boolean {
    const key = pairKey(pair)
    const isTried = [...this.#tries.values()].some(({ saved }) => pairKey(saved.pair) === key)
    return isTried || this.#removing.has(key)
  }

  /** Links about a host, and tries of the adaptation. */
  countOf(host: string): number {
    return this.#all().filter(({ pair }) => pair.a === host || pair.b === host).length
  }

  count(): number {
    return this.#all().length
  }

  #all(): readonly SavedOrder[] {
    const tries = [...this.#tries.values()].map(({ saved }) => saved)
    return [...this.#standing.values(), ...tries.filter(({ origin }) => origin === 'adapt')]
  }

  add(pair: HostPair, origin: SavedOrder['origin']): void {
    if (this.isBusy(pair)) {
      this.#options.tell(pair, 'failed', 'somebody is at work on it')
      return
    }
    const known = this.#find(pair)
    if (known !== undefined) {
      if (origin === 'manual') this.#keep({ ...known, origin })
      const state = known.up.size === 2 ? 'up' : 'failed'
      this.#options.tell(pair, state, 'it stands already')
      return
    }
    const diallers = [pair.a, pair.b].filter((dialler) =>
      this.#options.canBeDialled(dialler === pair.a ? pair.b : pair.a),
    )
    if (diallers.length === 0) this.#options.tell(pair, 'failed', 'neither listens')
    else this.#trySides(diallers.map((dialler) => ({ pair, dialler, origin })))
  }

  remove(pair: HostPair): void {
    const known = this.#find(pair)
    if (known !== undefined) {
      this.#standing.delete(known.orderId)
      const saved = this.#options.saved.get(pairKey(pair))
      this.#options.saved.delete(pairKey(pair))
      if (saved?.origin === 'manual') this.#options.manualChanged()
      this.#withdraw(known)
    }
    // The answer of both hosts, or that there is nothing.
    this.#removing.add(pairKey(pair))
    this.#options.time.after(50, () => {
      this.#removing.delete(pairKey(pair))
      if (this.isAlive) this.#options.tell(pair, 'removed', '')
    })
  }

  hostUp(host: string): void {
    for (const order of this.#standing.values()) {
      if (order.pair.a === host || order.pair.b === host) this.#order(order)
    }
  }

  hostDown(host: string): void {
    for (const { saved, settle } of this.#tries.values()) {
      if (saved.pair.a === host || saved.pair.b === host) settle(`${host} went down`)
    }
  }

  report(host: string, { orderId, peer, state, reason }: LinkReport): void {
    const attempt = this.#tries.get(orderId)
    if (attempt !== undefined) {
      if (state === 'up') attempt.up.add(host)
      if (attempt.up.size === 2) attempt.settle(null)
      else if (state === 'failed' || state === 'down') attempt.settle(reason)
      return
    }
    const order = this.#standing.get(orderId)
    if (order === undefined) {
      if (state !== 'up' && state !== 'down') return
      this.#send(host, { orderId, peer, dial: false, isRemoved: true })
      return
    }
    const wasUp = order.up.size === 2
    if (state === 'up') order.up.add(host)
    else order.up.delete(host)
    const isUp = order.up.size === 2
    if (wasUp !== isUp) this.#options.tell(hostPair(host, peer), isUp ? 'up' : 'down', reason)
  }

  #trySides(sides: readonly Omit<SavedOrder, 'orderId'>[]): void {
    const [side, ...others] = sides
    if (side === undefined) return
    const saved = { ...side, orderId: this.#options.nextOrderId() }
    const settle = (failure: string | null): void => {
      if (!this.isAlive || !this.#tries.delete(saved.orderId)) return
      if (failure === null) {
        this.#standing.set(saved.orderId, { ...saved, up: new Set([saved.pair.a, saved.pair.b]) })
        this.#keep(saved)
        this.#options.tell(saved.pair, 'up', '')
        return
      }
      this.#withdraw(saved)
      const areUp = [saved.pair.a, saved.pair.b].every((host) => this.#options.isUp(host))
      if (others.length > 0 && areUp) this.#trySides(others)
      else this.#options.tell(saved.pair, 'failed', failure)
    }
    this.#tries.set(saved.orderId, { saved, up: new Set(), settle })
    this.#options.time.after(TRY_TIMEOUT_MS, () => settle('not up at both ends in time'))
    this.#order(saved)
  }

  #keep({ orderId, pair, dialler, origin }: SavedOrder): void {
    this.#options.saved.set(pairKey(pair), { orderId, pair, dialler, origin })
    if (origin === 'manual') this.#options.manualChanged()
  }

  /** The acceptor first, so that it knows the order when the dialler comes. */
  #order({ orderId, pair, dialler }: SavedOrder): void {
    const acceptor = dialler === pair.a ? pair.b : pair.a
    this.#send(acceptor, { orderId, peer: dialler, dial: false, isRemoved: false })
    this.#send(dialler, { orderId, peer: acceptor, dial: true, isRemoved: false })
  }

  #withdraw({ orderId, pair }: SavedOrder): void {
    this.#send(pair.a, { orderId, peer: pair.b, dial: false, isRemoved: true })
    this.#send(pair.b, { orderId, peer: pair.a, dial: false, isRemoved: true })
  }

  #send(host: string, order: Omit<LinkOrder, 'kind'>): void {
    if (this.#options.isUp(host)) this.#options.send(host, { kind: 'link-order', ...order })
  }

  #find(pair: HostPair): Standing | undefined {
    const key = pairKey(pair)
    return [...this.#standing.values()].find((order) => pairKey(order.pair) === key)
  }
}
