// One try to make a fast path: both sides are told, both must report the link up in time. Leaves
// nothing behind when it fails.

import type { Clock } from '../base/clock.ts'
import { messageOf, VnetError } from '../base/errors.ts'
import type { Peer } from '../daemon/peer.ts'
import type { TransportPolicy } from '../plane/plane.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import { type OrderContent, orderMessage } from './order-message.ts'
import type { Side } from './sides.ts'

/** A host acknowledges an order at once; it is up, so longer means it hangs. */
const ACKNOWLEDGE_TIMEOUT_MS = 1_000
/** Both sides must report the link up within this time: two tries stay within 5 s. */
export const TRY_TIMEOUT_MS = 2_200

export type LinkReport = ControlMessageOf<'linkReport'>

export interface Ends {
  readonly dialler: string
  readonly acceptor: string
}

interface Try {
  readonly side: Side
  readonly hostsUp: Set<string>
  readonly settle: (failure: string | null) => void
}

export interface LinkTriesOptions {
  readonly clock: Clock
  /** The star link to a host that is up. */
  readonly peerOf: (host: string) => Peer | null
}

export class LinkTries {
  readonly #options: LinkTriesOptions
  readonly #tries = new Map<string, Try>()

  constructor(options: LinkTriesOptions) {
    this.#options = options
  }

  /** One try; null: up at both ends, else why not. Leaves nothing behind then. */
  async run(
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
      const dialler = this.requireUp(side.dialler)
      const acceptor = this.requireUp(side.acceptor)
      // The acceptor must know the order before the dialler's Hello names it.
      const key = dialler.publicKeySha256
      await this.tell(acceptor, orderId, { peer: dialler.name, key, transport })
      const { endpoints } = side
      await this.tell(dialler, orderId, {
        peer: acceptor.name,
        key: acceptor.publicKeySha256,
        endpoints,
        transport,
      })
    } catch (error) {
      this.#tries.get(orderId)?.settle(messageOf(error))
    }
    const failure = await outcome
    if (failure !== null) this.withdraw({ orderId, ...side })
    return failure
  }

  /** A host's word on an order. False: it is not being tried. */
  report(host: string, { orderId, state, reason }: LinkReport): boolean {
    const attempt = this.#tries.get(orderId)
    if (attempt === undefined) return false
    if (state === 'up') attempt.hostsUp.add(host)
    if (attempt.hostsUp.size === 2) attempt.settle(null)
    else if (state === 'failed' || state === 'down') attempt.settle(reason)
    return true
  }

  hostDown(host: string): void {
    for (const attempt of this.#tries.values()) {
      const { dialler, acceptor } = attempt.side
      if (dialler === host || acceptor === host) attempt.settle(`'${host}' went down`)
    }
  }

  /** @throws VnetError the host's refusal, or that it does not answer. */
  async tell(host: Peer, orderId: string, content: OrderContent): Promise<void> {
    const answer = await host.ask(orderMessage(orderId, content), ACKNOWLEDGE_TIMEOUT_MS)
    if (answer.kind !== 'acknowledge' || answer.errorCode === '') return
    throw new VnetError(answer.errorCode, `'${host.name}' refuses: ${answer.error}`)
  }

  /** Takes it back at both ends. */
  withdraw({ orderId, dialler, acceptor }: Ends & { readonly orderId: string }): void {
    const { peerOf } = this.#options
    peerOf(dialler)?.send(orderMessage(orderId, { peer: acceptor, isRemoved: true }))
    peerOf(acceptor)?.send(orderMessage(orderId, { peer: dialler, isRemoved: true }))
  }

  /** @throws VnetError `host-down`. */
  requireUp(host: string): Peer {
    const peer = this.#options.peerOf(host)
    if (peer !== null) return peer
    throw new VnetError('host-down', `host '${host}' is not connected`, {
      hint: "'vnet hosts' shows who is",
    })
  }
}
