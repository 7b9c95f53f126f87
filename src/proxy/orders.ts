// Fast-path links between hosts, as ordered at the proxy by people or by the adaptation: tries one
// side, then the other, tells the result, remembers what was up, and orders it again when a host
// comes back.

import { type HostPair, hostPair } from '../adapt/types.ts'
import type { Clock } from '../base/clock.ts'
import { messageOf, VnetError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { LinkOrderResult, LinkRequest } from '../control/api.ts'
import type { Peer } from '../daemon/peer.ts'
import { type Ends, type LinkReport, LinkTries } from './link-tries.ts'
import type { LinkOrigin, NetworkStore, SavedFastPath } from './network-store.ts'
import { orderMessage, reachability } from './order-message.ts'
import { endpointsToTry, planSides, type Reachability } from './sides.ts'

export interface OrdersOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly store: NetworkStore
  /** The star link to a host that is up. */
  readonly peerOf: (host: string) => Peer | null
  readonly linksPerHostMax: () => number
  /** Of people's orders; the adaptation tells of its own, with its reasons. */
  readonly audit: (action: string, detail: string) => void
  /** A link that stands came up, went down at an end, or was taken away. */
  readonly onLink: (link: LinkChange) => void
  /** Other links than before are made by hand. */
  readonly onManual: () => void
}

export interface LinkChange {
  readonly pair: HostPair
  readonly state: 'up' | 'down' | 'removed'
  readonly reason: string
}

interface Standing extends SavedFastPath {
  readonly isUp: { dialler: boolean; acceptor: boolean }
}

export class Orders {
  readonly #options: OrdersOptions
  readonly #standing = new Map<string, Standing>()
  readonly #tries: LinkTries
  /** Pairs that somebody is working on. */
  readonly #busy = new Set<string>()

  constructor(options: OrdersOptions) {
    this.#options = options
    this.#tries = new LinkTries(options)
    for (const saved of options.store.fastPaths()) this.#standing.set(saved.orderId, stand(saved))
  }

  /** The pairs of hosts with a link of this origin, whether it is up or not. */
  pairsOf(origin: LinkOrigin): readonly HostPair[] {
    return [...this.#standing.values()]
      .filter((order) => order.origin === origin)
      .map(({ dialler, acceptor }) => hostPair(dialler, acceptor))
  }

  /** Names of the hosts that a host has a fast path to, both ends of which are up. */
  peersOf(host: string): readonly string[] {
    return [...this.#standing.values()]
      .filter(isUp)
      .flatMap(({ dialler, acceptor }) =>
        dialler === host ? [acceptor] : acceptor === host ? [dialler] : [],
      )
  }

  countUp(): number {
    return [...this.#standing.values()].filter(isUp).length
  }

  /** Orders that stand but are not up, for `vnet doctor`. */
  broken(): readonly SavedFastPath[] {
    return [...this.#standing.values()].filter((order) => !isUp(order))
  }

  /**
   * Makes a fast path between two hosts.
   * @throws VnetError `host-down`, `link-busy`, `limit`; a link that does not come up is a result.
   */
  async add(
    { a, b, transport: wanted }: LinkRequest,
    origin: LinkOrigin = 'manual',
  ): Promise<LinkOrderResult> {
    const [first, second] = [this.#tries.requireUp(a), this.#tries.requireUp(b)]
    if (a === b) throw new VnetError('request-invalid', 'a link needs two different hosts')
    return this.#exclusively(a, b, async () => {
      const known = this.#find(a, b)
      const transport = wanted ?? known?.transport ?? 'auto'
      const wasUp = known !== null && isUp(known)
      if (known?.origin === 'manual' && origin === 'adapt') return byHand(known)
      if (wasUp && known.transport === transport) {
        if (known.origin !== origin) this.#put({ ...known, origin })
        return { orderId: known.orderId, state: 'up', reason: 'it was up already' }
      }
      if (known !== null) await this.#cancel(known)
      for (const host of [a, b]) this.#requireRoom(host)
      const ends = [reachability(first), reachability(second)] as const
      const result = await this.#establish(ends, { transport, origin })
      // What worked with the old transport is not lost by asking for another.
      if (!wasUp || result.state !== 'failed') return result
      const { state } = await this.#establish(ends, known)
      return state === 'up' ? { ...result, reason: `${result.reason}; it is as it was` } : result
    })
  }

  /**
   * Drops a fast path and forgets the order. The adaptation takes away only what it made.
   * @throws VnetError `link-unknown`, `link-busy`.
   */
  async remove({ a, b }: LinkRequest, origin: LinkOrigin = 'manual'): Promise<LinkOrderResult> {
    return this.#exclusively(a, b, async () => {
      const known = this.#find(a, b)
      if (known === null || (known.origin === 'manual' && origin === 'adapt')) {
        throw new VnetError('link-unknown', `there is no fast path between '${a}' and '${b}'`)
      }
      await this.#cancel(known)
      this.#changed(known, 'removed', origin === 'manual' ? 'taken away by hand' : '')
      if (origin === 'manual') this.#options.audit('link-removed', `${a} - ${b}`)
      return { orderId: known.orderId, state: 'removed', reason: '' }
    })
  }

  /** A host was revoked: its links are nobody's wish any more. */
  forgetHost(host: string): void {
    for (const order of this.#standing.values()) {
      if (order.dialler !== host && order.acceptor !== host) continue
      this.#standing.delete(order.orderId)
      this.#options.store.removeFastPath(order.orderId)
      this.#tries.withdraw(order)
      this.#changed(order, 'removed', `'${host}' was revoked`)
      if (order.origin === 'manual') this.#options.onManual()
    }
  }

  /** A host came (back): it gets its orders, and its peers its addresses. */
  hostUp(host: string): void {
    for (const order of this.#standing.values()) {
      const { dialler, acceptor, orderId, transport } = order
      if (dialler !== host && acceptor !== host) continue
      const from = this.#options.peerOf(dialler)
      const to = this.#options.peerOf(acceptor)
      if (acceptor === host && to !== null) {
        const key = from?.publicKeySha256 ?? ''
        to.send(orderMessage(orderId, { peer: dialler, key, transport }))
      }
      if (from === null || to === null) continue
      const endpoints = endpointsToTry(reachability(to))
      const content = { peer: acceptor, key: to.publicKeySha256, endpoints, transport }
      from.send(orderMessage(orderId, content))
    }
  }

  hostDown(host: string): void {
    this.#tries.hostDown(host)
  }

  report(host: string, report: LinkReport): void {
    const { orderId, state, reason } = report
    if (this.#tries.report(host, report)) return
    const order = this.#standing.get(orderId)
    if (order === undefined) {
      this.#disown(host, report)
      return
    }
    if (state === 'stalled' || state === 'resumed') this.#passOn(host, order, report)
    if (state === 'resumed') return
    const side = order.dialler === host ? 'dialler' : 'acceptor'
    const wasUp = order.isUp[side]
    const wasWholeUp = isUp(order)
    order.isUp[side] = state === 'up'
    if (wasUp === order.isUp[side]) return
    if (isUp(order) !== wasWholeUp) this.#changed(order, wasWholeUp ? 'down' : 'up', reason)
    const text = `fast path ${order.dialler} - ${order.acceptor} is ${state} at ${host}`
    this.#options.log[state === 'up' ? 'info' : 'warn']({ orderId, reason }, text)
  }

  /** Both ends of a path that carries nothing one way shall send by the star. */
  #passOn(
    host: string,
    { dialler, acceptor }: SavedFastPath,
    { orderId, state, reason }: LinkReport,
  ) {
    const other = dialler === host ? acceptor : dialler
    const report = { kind: 'linkReport', orderId, peer: host, state, reason } as const
    this.#options.peerOf(other)?.send(report)
  }

  /** A link that nobody here ordered (any more) is taken away. */
  #disown(host: string, { orderId, peer, state }: LinkReport): void {
    if (state !== 'up' && state !== 'down') return
    this.#options.log.info({ host, peer, orderId }, 'unknown fast path is removed')
    this.#options.peerOf(host)?.send(orderMessage(orderId, { peer, isRemoved: true }))
  }

  async #establish(
    [a, b]: readonly [Reachability, Reachability],
    { transport, origin }: Pick<SavedFastPath, 'transport' | 'origin'>,
  ): Promise<LinkOrderResult> {
    const sides = planSides(a, b)
    const failures: string[] = []
    let orderId = ''
    for (const side of sides) {
      orderId = Buffer.from(this.#options.random.bytes(8)).toString('hex')
      const failure = await this.#tries.run(orderId, { ...side, transport })
      if (failure === null) return this.#keep({ orderId, ...side, transport, origin })
      failures.push(`${side.dialler} to ${side.acceptor}: ${failure}`)
      this.#options.log.warn({ orderId, ...side }, `fast path failed: ${failure}`)
    }
    const nobody = `neither '${a.name}' nor '${b.name}' listens: set listen in one's configuration`
    const reason = sides.length === 0 ? nobody : failures.join('; ')
    if (origin === 'manual') this.#options.audit('link-failed', `${a.name} - ${b.name}: ${reason}`)
    return { orderId, state: 'failed', reason }
  }

  #keep({ orderId, dialler, acceptor, transport, origin }: SavedFastPath): LinkOrderResult {
    const saved = { orderId, dialler, acceptor, transport, origin }
    const reason = `${dialler} dialled ${acceptor}`
    this.#put({ ...saved, isUp: { dialler: true, acceptor: true } })
    this.#changed(saved, 'up', reason)
    const how = transport === 'auto' ? '' : `, ${transport}`
    if (origin === 'manual') this.#options.audit('link-added', `${dialler} to ${acceptor}${how}`)
    return { orderId, state: 'up', reason }
  }

  #put(order: Standing): void {
    this.#options.store.putFastPath(order, this.#options.clock.wallMs())
    this.#standing.set(order.orderId, order)
    if (order.origin === 'manual') this.#options.onManual()
  }

  #changed({ dialler, acceptor }: Ends, state: LinkChange['state'], reason: string): void {
    this.#options.onLink({ pair: hostPair(dialler, acceptor), state, reason })
  }

  async #cancel(order: SavedFastPath): Promise<void> {
    this.#standing.delete(order.orderId)
    this.#options.store.removeFastPath(order.orderId)
    if (order.origin === 'manual') this.#options.onManual()
    const told = [
      [order.dialler, order.acceptor],
      [order.acceptor, order.dialler],
    ].map(async ([host, peer]) => {
      const link = this.#options.peerOf(host ?? '')
      if (link === null) return // told when it comes back and reports the link
      await this.#tries.tell(link, order.orderId, { peer: peer ?? '', isRemoved: true })
    })
    for (const result of await Promise.allSettled(told)) {
      if (result.status === 'fulfilled') continue
      this.#options.log.warn({ orderId: order.orderId }, messageOf(result.reason))
    }
  }

  #find(a: string, b: string): Standing | null {
    for (const order of this.#standing.values()) {
      const { dialler, acceptor } = order
      if ((dialler === a && acceptor === b) || (dialler === b && acceptor === a)) return order
    }
    return null
  }

  async #exclusively<T>(a: string, b: string, act: () => Promise<T>): Promise<T> {
    const pair = [a, b].sort().join(' ')
    if (this.#busy.has(pair)) {
      throw new VnetError('link-busy', `the fast path between '${a}' and '${b}' is being changed`)
    }
    this.#busy.add(pair)
    try {
      return await act()
    } finally {
      this.#busy.delete(pair)
    }
  }

  #requireRoom(host: string): void {
    const orders = [...this.#standing.values()]
    const count = orders.filter((one) => one.dialler === host || one.acceptor === host).length
    const max = this.#options.linksPerHostMax()
    if (count < max) return
    throw new VnetError('limit', `host '${host}' has ${max} fast paths already (limits.fastPaths)`)
  }
}

/** The adaptation wants a link that people made: it is theirs, and dials again by itself. */
function byHand(known: Standing): LinkOrderResult {
  const { orderId } = known
  if (isUp(known)) return { orderId, state: 'up', reason: 'it was up already, made by hand' }
  return { orderId, state: 'failed', reason: 'it was made by hand and is not connected' }
}

function isUp(order: Standing): boolean {
  return order.isUp.dialler && order.isUp.acceptor
}

function stand(saved: SavedFastPath): Standing {
  return { ...saved, isUp: { dialler: false, acceptor: false } }
}
