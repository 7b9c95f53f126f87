// A relay on loopback for TCP, and for UDP on the same port number, that can be cut: while it is,
// connections stay open at both ends and nothing passes, as on a path whose router died. What waits
// goes on when it is mended; datagrams do not wait.

import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { createUdpRelay, type UdpRelay } from './udp-relay.ts'

export interface Relay {
  readonly port: number
  setCut(isCut: boolean): void
  readonly udp: Pick<UdpRelay, 'passed' | 'inject' | 'setBlocked'>
  /** Ends all connections at both ends, by a reset or in order. */
  drop(how: 'reset' | 'end'): void
  close(): void
}

/** Relays 127.0.0.1:`port` (of its own) to `target`. */
export async function createRelay(target: number): Promise<Relay> {
  const pairs = new Set<Pair>()
  let isCut = false
  const server: Server = createServer((near) => {
    const pair = new Pair(near, connect(target, '127.0.0.1'), isCut)
    pairs.add(pair)
    pair.onGone = () => pairs.delete(pair)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const udp = await createUdpRelay(port, target)
  let isBlocked = false
  return {
    port,
    udp: {
      ...udp,
      setBlocked(blocked) {
        isBlocked = blocked
        udp.setBlocked(isCut || isBlocked)
      },
    },
    setCut(cut) {
      isCut = cut
      udp.setBlocked(isCut || isBlocked)
      for (const pair of pairs) pair.setCut(cut)
    },
    drop(how) {
      for (const pair of pairs) pair.drop(how)
    },
    close() {
      server.close()
      udp.close()
      for (const pair of pairs) pair.destroy()
    },
  }
}

class Pair {
  onGone: () => void = () => {}
  readonly #near: Socket
  readonly #far: Socket
  #isCut = true
  #isGone = false

  constructor(near: Socket, far: Socket, isCut: boolean) {
    this.#near = near
    this.#far = far
    for (const socket of [near, far]) {
      socket.setNoDelay(true)
      socket.on('error', () => {}) // 'close' follows
      socket.on('close', () => {
        this.#isGone = true
        this.#end()
      })
    }
    this.setCut(isCut)
  }

  setCut(isCut: boolean): void {
    if (isCut === this.#isCut) return
    this.#isCut = isCut
    const [near, far] = [this.#near, this.#far]
    if (isCut) {
      near.unpipe(far).pause()
      far.unpipe(near).pause()
      return
    }
    near.pipe(far)
    far.pipe(near)
    this.#end()
  }

  drop(how: 'reset' | 'end'): void {
    if (how === 'reset') {
      this.#near.resetAndDestroy()
      this.#far.resetAndDestroy()
    }
    this.destroy()
  }

  destroy(): void {
    this.#near.destroy()
    this.#far.destroy()
    this.onGone()
  }

  /** One end is gone: so is the other, once it can hear of it. */
  #end(): void {
    if (this.#isGone && !this.#isCut) this.destroy()
  }
}
