// Fast-path links between hosts, as ordered at the proxy: tries one side, then the other, tells the
// result, remembers what was up, and orders it again when a host comes back.

import type { Clock } from '../base/clock.ts'
import { messageOf, VnetError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { LinkOrderResult, LinkRequest } from '../control/api.ts'
import type { Peer } from '../daemon/peer.ts'
import type { TransportPolicy } from '../plane/plane.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import type { NetworkStore, SavedFastPath } from './network-store.ts'
import { type OrderContent, orderMessage, reachability } from './order-message.ts'
import { endpointsToTry, planSides, type Reachability, type Side } from './sides.ts'

/** A host acknowledges an order at once; it is up, so longer means it hangs. */
const ACKNOWLEDGE_TIMEOUT_MS = 1_000
/** Both sides must report the link up within this time: two tries stay within 5 s. */
export const TRY_TIMEOUT_MS = 2_200

export interface OrdersOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly store: NetworkStore
  /** The star link to a host that is up. */
  readonly peerOf: (host: string) => Peer | null
  readonly linksPerHostMax: () => number
  readonly audit: (action: string, detail: string) => void
}

type Report = ControlMessageOf<'linkReport'>

interface Standing extends SavedFastPath {
  readonly isUp: { dialler: boolean; acceptor: boolean }
}

interface Try {
  readonly side: Side
  readonly hostsUp: Set<string>
  readonly settle: (failure: string | null) => void
}

export class Orders {
  readonly #options: OrdersOptions
  readonly #standing = new Map<string, Standing>()
  readonly #tries = new Map<string, Try>()
  /** Pairs that somebody is working on. */
  readonly #busy = new Set<string>()

  constructor(options: OrdersOptions) {
    this.#options = options
    for (const saved of options.store.fastPaths()) this.#standing.set(saved.orderId, stand(saved))
  }

  /** Names of the hosts that a host has a fast path to, both ends of which are up. */
  peersOf(host: string): readonly string[] {
    return [...this.#standing.values()]
      .filter(({ isUp }) => isUp.dialler && isUp.acceptor)
      .flatMap(({ dialler, acceptor }) =>
        dialler === host ? [acceptor] : acceptor === host ? [dialler] : [],
      )
  }

  countUp(): number {
    return [...this.#standing.values()].filter(({ isUp }) => isUp.dialler && isUp.acceptor).length
  }

  /** Orders that stand but are not up, for `vnet doctor`. */
  broken(): readonly SavedFastPath[] {
    return [...this.#standing.values()].filter(({ isUp }) => !isUp.dialler || !isUp.acceptor)
  }

  /**
   * Makes a fast path between two hosts.
   * @throws VnetError `host-down`, `link-busy`, `limit`; a link that does not come up is a result.
   */
  async add({ a, b, transport: wanted }: LinkRequest): Promise<LinkOrderResult> {
    const [first, second] = [this.#requireUp(a), this.#requireUp(b)]
    if (a === b) throw new VnetError('request-invalid', 'a link needs two different hosts')
    return this.#exclusively(a, b, async () => {
      const known = this.#find(a, b)
      const transport = wanted ?? known?.transport ?? 'auto'
      const wasUp = known?.isUp.dialler && known.isUp.acceptor
      if (wasUp && known.transport === transport) {
        return { orderId: known.orderId, state: 'up', reason: 'it was up already' }
      }
      if (known !== null) await this.#cancel(known)
      for (const host of [a, b]) this.#requireRoom(host)
      const ends = [reachability(first), reachability(second)] as const
      const result = await this.#establish(ends, transport)
      // What worked with the old transport is not lost by asking for another.
      if (!wasUp || result.state !== 'failed') return result
      const { state } = await this.#establish(ends, known.transport)
      return state === 'up' ? { ...result, reason: `${result.reason}; it is as it was` } : result
    })
  }

  /**
   * Drops a fast path and forgets the order.
   * @throws VnetError `link-unknown`, `link-busy`.
   */
  async remove({ a, b }: LinkRequest): Promise<LinkOrderResult> {
    return this.#exclusively(a, b, async () => {
      const known = this.#find(a, b)
      if (known === null) {
        throw new VnetError('link-unknown', `there is no fast path between '${a}' and '${b}'`)
      }
      await this.#cancel(known)
      this.#options.audit('link-removed', `${a} - ${b}`)
      return { orderId: known.orderId, state: 'removed', reason: '' }
    })
  }

  /** A host was revoked: its links are nobody's wish any more. */
  forgetHost(host: string): void {
    for (const order of this.#standing.values()) {
      if (order.dialler !== host && order.acceptor !== host) continue
      this.#standing.delete(order.orderId)
      this.#options.store.removeFastPath(order.orderId)
      this.#withdraw(order)
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
    for (const attempt of this.#tries.values()) {
      const { dialler, acceptor } = attempt.side
      if (dialler === host || acceptor === host) attempt.settle(`'${host}' went down`)
    }
  }

  report(host: string, report: Report): void {
    const { orderId, state, reason } = report
    const attempt = this.#tries.get(orderId)
    if (attempt !== undefined) {
      if (state === 'up') attempt.hostsUp.add(host)
      if (attempt.hostsUp.size === 2) attempt.settle(null)
      else if (state === 'failed' || state === 'down') attempt.settle(reason)
      return
    }
    const order = this.#standing.get(orderId)
    if (order === undefined) {
      this.#disown(host, report)
      return
    }
    const side = order.dialler === host ? 'dialler' : 'acceptor'
    const wasUp = order.isUp[side]
    order.isUp[side] = state === 'up'
    if (wasUp === order.isUp[side]) return
    const text = `fast path ${order.dialler} - ${order.acceptor} is ${state} at ${host}`
    this.#options.log[state === 'up' ? 'info' : 'warn']({ orderId, reason }, text)
  }

  /** A link that nobody here ordered (any more) is taken away. */
  #disown(host: string, { orderId, peer, state }: Report): void {
    if (state !== 'up' && state !== 'down') return
    this.#options.log.info({ host, peer, orderId }, 'unknown fast path is removed')
    this.#options.peerOf(host)?.send(orderMessage(orderId, { peer, isRemoved: true }))
  }

  async #establish(
    [a, b]: readonly [Reachability, Reachability],
    transport: TransportPolicy,
  ): Promise<LinkOrderResult> {
    const sides = planSides(a, b)
    const failures: string[] = []
    let orderId = ''
    for (const side of sides) {
      orderId = Buffer.from(this.#options.random.bytes(8)).toString('hex')
      const failure = await this.#try(orderId, { ...side, transport })
      if (failure === null) return this.#keep({ orderId, ...side, transport })
      failures.push(`${side.dialler} to ${side.acceptor}: ${failure}`)
      this.#options.log.warn({ orderId, ...side }, `fast path failed: ${failure}`)
    }
    const nobody = `neither '${a.name}' nor '${b.name}' listens: set listen in one's configuration`
    const reason = sides.length === 0 ? nobody : failures.join('; ')
    this.#options.audit('link-failed', `${a.name} - ${b.name}: ${reason}`)
    return { orderId, state: 'failed', reason }
  }

  #keep({ orderId, dialler, acceptor, transport }: SavedFastPath): LinkOrderResult {
    const saved = { orderId, dialler, acceptor, transport }
    this.#options.store.putFastPath(saved, this.#options.clock.wallMs())
    this.#standing.set(orderId, { ...saved, isUp: { dialler: true, acceptor: true } })
    const how = transport === 'auto' ? '' : `, ${transport}`
    this.#options.audit('link-added', `${dialler} to ${acceptor}${how}`)
    return { orderId, state: 'up', reason: `${dialler} dialled ${acceptor}` }
  }

  /** One try; null: up at both ends, else why not. Leaves nothing behind then. */
  async #try(
    orderId: string,
    { transport, ...side }: Side & { readonly transport: TransportPolicy },
  ): Promise<string | null> {
    const outcome = new Promise<string | null>((resolve) => {
      const what = transport === 'udp' ? 'a firewall that lets no UDP through' : 'a firewall'
      const timeout = `not up at both ends in time: no way between them, or ${what}`
      const cancel = this.#options.clock.after(TRY_TIMEOUT_MS, () => settle(timeout))
      const settle = (failure: string | null) => {
        cancel()
        this.#tries.delete(orderId)
        resolve(failure)
      }
      this.#tries.set(orderId, { side, hostsUp: new Set(), settle })
    })
    try {
      const dialler = this.#requireUp(side.dialler)
      const acceptor = this.#requireUp(side.acceptor)
      // The acceptor must know the order before the dialler's Hello names it.
      const key = dialler.publicKeySha256
      await this.#tell(acceptor, orderId, { peer: dialler.name, key, transport })
      const { endpoints } = side
      await this.#tell(dialler, orderId, {
        peer: acceptor.name,
        key: acceptor.publicKeySha256,
        endpoints,
        transport,
      })
    } catch (error) {
      this.#tries.get(orderId)?.settle(messageOf(error))
    }
    const failure = await outcome
    if (failure !== null) this.#withdraw({ orderId, ...side })
    return failure
  }

  async #tell(host: Peer, orderId: string, content: OrderContent): Promise<void> {
    const answer = await host.ask(orderMessage(orderId, content), ACKNOWLEDGE_TIMEOUT_MS)
    if (answer.kind !== 'acknowledge' || answer.errorCode === '') return
    throw new VnetError(answer.errorCode, `'${host.name}' refuses: ${answer.error}`)
  }

  async #cancel(order: SavedFastPath): Promise<void> {
    this.#standing.delete(order.orderId)
    this.#options.store.removeFastPath(order.orderId)
    const told = [
      [order.dialler, order.acceptor],
      [order.acceptor, order.dialler],
    ].map(async ([host, peer]) => {
      const link = this.#options.peerOf(host ?? '')
      if (link === null) return // told when it comes back and reports the link
      await this.#tell(link, order.orderId, { peer: peer ?? '', isRemoved: true })
    })
    for (const result of await Promise.allSettled(told)) {
      if (result.status === 'fulfilled') continue
      this.#options.log.warn({ orderId: order.orderId }, messageOf(result.reason))
    }
  }

  #withdraw({ orderId, dialler, acceptor }: Omit<SavedFastPath, 'transport'>): void {
    const { peerOf } = this.#options
    peerOf(dialler)?.send(orderMessage(orderId, { peer: acceptor, isRemoved: true }))
    peerOf(acceptor)?.send(orderMessage(orderId, { peer: dialler, isRemoved: true }))
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

  #requireUp(host: string): Peer {
    const peer = this.#options.peerOf(host)
    if (peer !== null) return peer
    throw new VnetError('host-down', `host '${host}' is not connected`, {
      hint: "'vnet hosts' shows who is",
    })
  }

  #requireRoom(host: string): void {
    const orders = [...this.#standing.values()]
    const count = orders.filter((one) => one.dialler === host || one.acceptor === host).length
    const max = this.#options.linksPerHostMax()
    if (count < max) return
    throw new VnetError('limit', `host '${host}' has ${max} fast paths already (limits.fastPaths)`)
  }
}

function stand(saved: SavedFastPath): Standing {
  return { ...saved, isUp: { dialler: false, acceptor: false } }
}
