// A simulated host: what src/daemon does about fast paths and rules, without sockets. It obeys the
// proxy, dials and redials, reports, and sends frames by rules whose link is up, else by the star.

import type { PathRule } from '../../src/adapt/types.ts'
import { hostPair, pairKey } from '../../src/adapt/types.ts'
import type { MacAddress } from '../../src/base/mac.ts'
import type { Chart } from './chart.ts'
import type { Frame } from './frames.ts'
import type { LinkOrder, LinkReport, PathRules, Session, ToHost } from './messages.ts'
import { isCut, PROXY, type Underlay, wayMs } from './underlay.ts'

/** A dialler tries again after this, and up to twice as long. */
const REDIAL_MS = 500
const DIAL_TIMEOUT_MS = 2_000
/** A silent path is noticed within this, and half of it at the earliest. */
const SILENCE_MS = 1_000

export interface World {
  readonly underlay: Underlay
  readonly chart: Chart
  readonly hosts: Map<string, SimulatedHost>
  /** A host dials the proxy; null: it is not there. */
  readonly connect: (host: SimulatedHost) => Session | null
  /** A frame has reached the guest, or was lost on the way. */
  readonly arrived: (frame: Frame) => void
  readonly lost: (frame: Frame, why: string) => void
}

/** A TLS connection between two hosts. */
interface Connection {
  readonly orderId: string
  readonly open: Set<string>
}

interface Order {
  readonly message: LinkOrder
  connection: Connection | null
  wasReported: LinkReport['state'] | ''
}

export class SimulatedHost {
  readonly name: string
  readonly canBeDialled: boolean
  readonly guests = new Set<MacAddress>()
  isUp = false
  session: Session | null = null
  /** It answers sets of rules with an error. */
  refusesRules = false
  rules: readonly PathRule[] = []
  readonly #world: World
  readonly #orders = new Map<string, Order>()
  /** Those that are open at this end. */
  readonly #connections = new Set<Connection>()
  #ruleTargets = new Map<string, string>()
  #sequence = 0
  /** Of its starts: what an earlier one had planned is void. */
  #life = 0

  constructor(world: World, name: string, canBeDialled: boolean) {
    this.#world = world
    this.name = name
    this.canBeDialled = canBeDialled
  }

  start(): void {
    this.isUp = true
    this.#life += 1
    this.#dialProxy()
  }

  crash(): void {
    this.isUp = false
    this.#life += 1
    if (this.session !== null) this.session.isOpenAtHost = false
    this.session = null
    for (const connection of this.#connections) connection.open.delete(this.name)
    this.#connections.clear()
    this.#orders.clear()
    this.#setRules([])
    this.#sequence = 0
  }

  /** The star link is lost at this end. */
  sessionEnded(session: Session): void {
    if (this.session !== session) return
    session.isOpenAtHost = false
    this.session = null
    this.#later(REDIAL_MS, () => this.#dialProxy())
  }

  /** Its guests as they are now, after one came or went. */
  announce(): void {
    this.session?.toProxy({ kind: 'guests', guests: [...this.guests] })
  }

  receive(message: ToHost): void {
    if (message.kind === 'link-order') this.#obey(message)
    else this.#takeRules(message)
  }

  /** The peer of a fast path that is up at this end and at the other. */
  linkTo(peer: string): Connection | null {
    for (const { message, connection } of this.#orders.values()) {
      if (message.peer === peer && connection?.open.has(this.name)) return connection
    }
    return null
  }

  /** Orders that stand here, by peer. */
  orderedPeers(): readonly string[] {
    return [...this.#orders.values()].map(({ message }) => message.peer)
  }

  /** A guest here sends. */
  send(frame: Frame): void {
    const via = this.#ruleTargets.get(`${frame.source} ${frame.destination}`)
    const connection = via === undefined ? null : this.linkTo(via)
    if (via !== undefined && connection !== null) this.#sendDirect(frame, via, connection)
    else this.#sendToStar(frame)
  }

  /** A frame came by a link: it goes to guests here only. */
  deliver(frame: Frame): void {
    if (!this.isUp) this.#world.lost(frame, `${this.name} is down`)
    else if (this.guests.has(frame.destination)) this.#world.arrived(frame)
    else this.#world.lost(frame, `${frame.destination} is not on ${this.name}`)
  }

  #sendDirect(frame: Frame, via: string, connection: Connection): void {
    const { underlay, lost, hosts } = this.#world
    frame.way.push(`${this.name}>${via}`)
    underlay.time.after(wayMs(underlay), () => {
      if (isCut(underlay, this.name, via)) lost(frame, `the path ${this.name} to ${via} is dead`)
      else if (!connection.open.has(via)) lost(frame, `${via} has closed the path`)
      else hosts.get(via)?.deliver(frame)
    })
  }

  #sendToStar(frame: Frame): void {
    const { session } = this
    const { underlay, lost } = this.#world
    if (session === null) {
      lost(frame, `${this.name} has no star link`)
      return
    }
    frame.way.push(`${this.name}>${PROXY}`)
    underlay.time.after(wayMs(underlay), () => {
      if (isCut(underlay, this.name, PROXY)) lost(frame, `the star of ${this.name} is cut`)
      else if (!session.isOpenAtProxy) lost(frame, 'the proxy has closed the star link')
      else frame.relay(frame)
    })
  }

  #dialProxy(): void {
    if (this.session !== null) return
    this.session = this.#world.connect(this)
    if (this.session === null) {
      this.#later(REDIAL_MS, () => this.#dialProxy())
      return
    }
    this.announce()
    // Also of orders that came to nothing: the proxy may have forgotten them.
    for (const { message, connection } of this.#orders.values()) {
      if (connection !== null) this.#report(message, 'up', '')
      else this.#report(message, 'down', 'not connected')
    }
  }

  #obey(message: LinkOrder): void {
    const known = this.#orders.get(message.orderId)
    if (message.isRemoved) {
      if (known !== undefined) this.#drop(known)
      this.#report(message, 'removed', '')
      return
    }
    if (known?.connection) {
      this.#report(message, 'up', '')
      return
    }
    for (const other of this.#orders.values()) {
      if (other.message.peer === message.peer) this.#drop(other)
    }
    const order: Order = { message, connection: null, wasReported: '' }
    this.#orders.set(message.orderId, order)
    if (message.dial) this.#dial(order)
  }

  #drop(order: Order): void {
    this.#orders.delete(order.message.orderId)
    if (order.connection !== null) this.#close(order.connection, order.message.peer)
  }

  #dial(order: Order): void {
    const { underlay } = this.#world
    const { peer } = order.message
    if (this.#isVoid(order) || order.connection !== null) return
    const isClosed = underlay.closed.has(pairKey(hostPair(this.name, peer)))
    const isDead = isCut(underlay, this.name, peer) || isCut(underlay, peer, this.name)
    const ways = wayMs(underlay) + wayMs(underlay) + wayMs(underlay)
    this.#later(isClosed || isDead ? DIAL_TIMEOUT_MS : ways, () => {
      if (this.#isVoid(order) || order.connection !== null) return
      const other = this.#world.hosts.get(peer)
      const accepted = isClosed || isDead ? null : (other?.accept(order.message.orderId) ?? null)
      if (accepted !== null) this.#connected(order, accepted)
      else this.#dialFailed(order, isClosed ? 'a firewall' : `${peer} does not answer`)
    })
  }

  #dialFailed(order: Order, reason: string): void {
    if (order.wasReported === '' || order.wasReported === 'up') {
      order.wasReported = 'failed'
      this.#report(order.message, 'failed', reason)
    }
    this.#later(REDIAL_MS, () => this.#dial(order))
  }

  /** The other host dials; null: no such order here. */
  accept(orderId: string): Connection | null {
    const order = this.#orders.get(orderId)
    if (!this.isUp || order === undefined || order.message.dial) return null
    order.connection?.open.delete(this.name)
    const connection: Connection = { orderId, open: new Set([this.name, order.message.peer]) }
    // This end may send once payload has passed both ways: a round trip after the other end.
    this.#connections.add(connection)
    this.#later(wayMs(this.#world.underlay), () => {
      if (this.#isVoid(order)) this.#close(connection, order.message.peer)
      else if (connection.open.has(this.name)) this.#connected(order, connection)
    })
    return connection
  }

  #connected(order: Order, connection: Connection): void {
    order.connection = connection
    this.#connections.add(connection)
    order.wasReported = 'up'
    this.#report(order.message, 'up', '')
    this.#watch(order, connection)
  }

  /** Looks whether anything comes from the other end. */
  #watch(order: Order, connection: Connection): void {
    const { underlay, hosts } = this.#world
    const { peer } = order.message
    this.#later(SILENCE_MS / 2, () => {
      if (order.connection !== connection) return
      const isSilent = isCut(underlay, peer, this.name) || !hosts.get(peer)?.isUp
      const isClosed = !connection.open.has(peer)
      if (!isSilent && !isClosed && connection.open.has(this.name)) {
        this.#watch(order, connection)
        return
      }
      this.#close(connection, peer)
      order.connection = null
      order.wasReported = 'down'
      this.#report(order.message, 'down', isClosed ? 'closed by the peer' : 'silent')
      if (order.message.dial) this.#later(REDIAL_MS, () => this.#dial(order))
    })
  }

  /** The peer hears of it, if a way is left; else its own watch tells it. */
  #close(connection: Connection, peer: string): void {
    connection.open.delete(this.name)
    this.#connections.delete(connection)
    const { chart, underlay } = this.#world
    chart.add(underlay.time.nowMs, this.name, peer, `closes the path (order ${connection.orderId})`)
  }

  #takeRules({ sequence, rules }: PathRules): void {
    const error = this.refusesRules ? 'are refused' : null
    if (error === null && sequence > this.#sequence) {
      this.#sequence = sequence
      this.#setRules(rules)
    }
    this.session?.toProxy({ kind: 'rules-answer', sequence, error })
  }

  #setRules(rules: readonly PathRule[]): void {
    this.rules = rules
    this.#ruleTargets = new Map(
      rules.map(({ source, destination, via }) => [`${source} ${destination}`, via]),
    )
  }

  #isVoid(order: Order): boolean {
    return this.#orders.get(order.message.orderId) !== order
  }

  #report({ orderId, peer }: LinkOrder, state: LinkReport['state'], reason: string): void {
    this.session?.toProxy({ kind: 'link-report', orderId, peer, state, reason })
  }

  /** Within once and twice the time, in this life. */
  #later(ms: number, act: () => void): void {
    const life = this.#life
    const { time, random } = this.#world.underlay
    time.after(ms * (1 + random.next()), () => {
      if (this.#life === life) act()
    })
  }
}
