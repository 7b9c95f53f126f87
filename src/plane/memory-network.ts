// The network between in-memory planes: addresses, listening ports, and for each pair of addresses
// what lies between them (delay, loss, rate, a cut). Everything runs on one clock, so that with a
// VirtualClock and a seeded Random a whole overlay repeats itself exactly.

import type { Clock } from '../base/clock.ts'
import { VnetError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { DatagramWire } from './memory-datagram-wire.ts'
import type { MemoryLink } from './memory-link.ts'
import type { Endpoints } from './memory-link-owner.ts'
import { MemoryPlane } from './memory-plane.ts'
import type { Message, PathConditions } from './memory-wire.ts'
import { PERFECT_PATH, Wire } from './memory-wire.ts'
import type { DialOptions, PlaneOptions } from './plane.ts'

/** As src/plane/plane.ts says of dial(). */
const DIAL_TIMEOUT_MS = 2_500

export interface MemoryNetwork {
  /** A plane at a numeric address of its own. */
  createPlane(options: PlaneOptions, where: { readonly address: string }): MemoryPlane
  /** Changes what lies between two addresses; what is not named stays. */
  setPath(a: string, b: string, conditions: Partial<PathConditions>): void
}

interface Path {
  conditions: PathConditions
  readonly wires: Set<Wire>
}

export interface MemoryNetworkOptions {
  readonly clock: Clock
  /** Needed only for paths with loss. */
  readonly random?: Random
}

export function createMemoryNetwork(options: MemoryNetworkOptions): MemoryNetwork {
  return new Network(options)
}

const NO_RANDOM: Random = {
  next: () => {
    throw new Error('a path with loss needs a network with a Random')
  },
  bytes: () => new Uint8Array(),
}

class Network implements MemoryNetwork {
  readonly #clock: Clock
  readonly #random: Random
  readonly #paths = new Map<string, Path>()
  /** By `address port`. */
  readonly #listeners = new Map<string, MemoryPlane>()
  readonly #addresses = new Set<string>()
  #lastEphemeralPort = 32_767

  constructor({ clock, random = NO_RANDOM }: MemoryNetworkOptions) {
    this.#clock = clock
    this.#random = random
  }

  createPlane(options: PlaneOptions, { address }: { readonly address: string }): MemoryPlane {
    this.#addresses.add(address)
    const plane: MemoryPlane = new MemoryPlane(this.#clock, options, {
      listen: (where) => this.#listen(plane, address, where),
      connect: (link, target) => this.#connect(address, link, target),
      forget: () => this.#forget(plane),
    })
    return plane
  }

  setPath(a: string, b: string, conditions: Partial<PathConditions>): void {
    const path = this.#path(a, b)
    path.conditions = { ...path.conditions, ...conditions }
    for (const wire of path.wires) wire.resume()
  }

  #path(a: string, b: string): Path {
    const key = [a, b].sort().join(' ')
    let path = this.#paths.get(key)
    if (path === undefined) {
      path = { conditions: PERFECT_PATH, wires: new Set() }
      this.#paths.set(key, path)
    }
    return path
  }

  #listen(
    plane: MemoryPlane,
    own: string,
    { address, port }: { readonly address: string; readonly port: number },
  ): number {
    const isOwn = address === own || address === '0.0.0.0' || address === '::'
    const real = port === 0 ? this.#takePort() : port
    const key = `${own} ${real}`
    if (isOwn && !this.#listeners.has(key)) {
      this.#listeners.set(key, plane)
      return real
    }
    const why = isOwn ? 'address already in use' : 'not an address of this plane'
    throw new VnetError('listen-failed', `cannot listen on ${address} port ${port}: ${why}`)
  }

  #forget(plane: MemoryPlane): void {
    for (const [key, listener] of this.#listeners) {
      if (listener === plane) this.#listeners.delete(key)
    }
  }

  #takePort(): number {
    this.#lastEphemeralPort = 32_768 + ((this.#lastEphemeralPort - 32_767) % 28_232)
    return this.#lastEphemeralPort
  }

  // The answer to a dial comes after one way there and back, or never over a cut path.
  #connect(own: string, link: MemoryLink, { host, port }: DialOptions): Endpoints {
    const path = this.#path(own, host)
    const localPort = this.#takePort()
    const isKnown = this.#addresses.has(host)
    const giveUp = this.#clock.after(DIAL_TIMEOUT_MS, () => {
      link.failConnect('no answer within 2.5 s')
    })
    const answer = () => {
      if (path.conditions.isCut || link.state !== 'connecting') return
      giveUp()
      const listener = this.#listeners.get(`${host} ${port}`)
      if (listener === undefined) return link.failConnect(refusal(isKnown))
      const there = { localAddress: host, remoteAddress: own, remotePort: localPort }
      this.#join(path, link, listener.accept(there))
    }
    this.#clock.after(2 * path.conditions.delayMs, answer)
    return { localAddress: own, remoteAddress: host, remotePort: port }
  }

  #join(path: Path, dialler: MemoryLink, acceptor: MemoryLink): void {
    const wireTo = (link: MemoryLink): Wire => {
      const wire = new Wire({
        clock: this.#clock,
        random: this.#random,
        conditions: () => path.conditions,
        deliver: (message: Message) => {
          link.receive(message)
          if (dialler.state === 'closed' && acceptor.state === 'closed') path.wires.delete(wire)
        },
      })
      path.wires.add(wire)
      return wire
    }
    const datagramsTo = (link: MemoryLink) =>
      new DatagramWire({
        clock: this.#clock,
        random: this.#random,
        conditions: () => path.conditions,
        deliver: (datagram, how) => link.datagrams.receive(datagram, how),
        onLost: () => link.datagrams.lost(),
      })
    const [toAcceptor, toDialler] = [wireTo(acceptor), wireTo(dialler)]
    dialler.connected(toAcceptor, datagramsTo(acceptor))
    acceptor.connected(toDialler, datagramsTo(dialler))
  }
}

function refusal(isKnown: boolean): string {
  return isKnown ? 'connection refused' : 'no route to host'
}
