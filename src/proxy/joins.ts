// Links without a client certificate: a stranger may send one JoinRequest, gets its answer, and is
// gone. Bounded in number, time and size; who is turned away is told why.

import type { Cancel, Clock } from '../base/clock.ts'
import { JOIN_MESSAGE_BYTES_MAX } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Refusal } from '../daemon/hello.ts'
import { type JoinLinks, sayGoodbye } from '../daemon/peer.ts'
import { createRationedWarn } from '../daemon/rationed-log.ts'
import type { LinkId, LinkInfo, Plane } from '../plane/plane.ts'
import type { JoinOutcome, JoinServer } from '../trust/join-server.ts'
import { type ControlMessageOf, decodeControl, encodeControl } from '../wire/control.ts'

/** Strangers at once: a token is used by people, one at a time, or by a script, some at a time. */
export const JOINS_MAX = 64
/** From TLS to the request: a program sends it at once. */
export const JOIN_TIMEOUT_MS = 10_000

interface Stranger {
  readonly link: LinkId
  readonly remoteAddress: string
  readonly cancel: Cancel
  /** Its request is here, or it was turned away: nothing more is taken from it. */
  isDone: boolean
}

export interface JoinLinksOptions {
  readonly plane: Pick<Plane, 'sendControl' | 'closeLink'>
  readonly clock: Clock
  readonly log: Log
  readonly server: JoinServer
  /** A host joined, or keys were revoked by it. */
  readonly onOutcome: (outcome: JoinOutcome) => void
}

export function createJoinLinks(options: JoinLinksOptions): JoinLinks {
  const { plane, clock, log, server } = options
  const strangers = new Map<LinkId, Stranger>()
  const warn = createRationedWarn(options)

  function turnAway(stranger: Stranger, refusal: Refusal): void {
    stranger.isDone = true
    warn({ remote: stranger.remoteAddress, code: refusal.code }, `join: ${refusal.reason}`)
    sayGoodbye(plane, stranger.link, refusal)
  }

  async function answer(stranger: Stranger, request: ControlMessageOf<'joinRequest'>) {
    const { link, remoteAddress } = stranger
    const outcome = await server.handle({ request, remoteAddress, nowMs: clock.wallMs() })
    const { response, host, internalError } = outcome
    if (internalError !== null) log.error({ err: internalError }, 'join failed')
    if (host === null) {
      const { errorCode: code, error } = response
      warn({ remote: remoteAddress, name: request.name.slice(0, 63), code }, `join: ${error}`)
    } else log.info({ remote: remoteAddress, host: host.name }, 'host joined')
    options.onOutcome(outcome)
    if (!strangers.has(link)) return // gone meanwhile
    const { requestId } = request
    plane.sendControl(link, encodeControl({ kind: 'joinResponse', requestId, ...response }))
    plane.closeLink(link, 'the join request is answered')
  }

  /** Silent strangers must not keep others out: the one that is silent for longest gives way. */
  function makeRoom(): void {
    const waiting = [...strangers.values()].filter(({ isDone }) => !isDone)
    if (waiting.length < JOINS_MAX || waiting[0] === undefined) return
    turnAway(waiting[0], { code: 'limit', reason: 'too many joins at once; try again' })
  }

  return {
    onPending({ id: link, remoteAddress }: LinkInfo) {
      makeRoom()
      const cancel = clock.after(JOIN_TIMEOUT_MS, () => {
        if (!stranger.isDone) turnAway(stranger, TOO_SLOW)
      })
      const stranger: Stranger = { link, remoteAddress, cancel, isDone: false }
      strangers.set(link, stranger)
    },
    onMessage(link, bytes) {
      const stranger = strangers.get(link)
      if (stranger === undefined || stranger.isDone) return
      const decoded = decodeControl(bytes, JOIN_MESSAGE_BYTES_MAX)
      if (decoded.ok && decoded.message.kind === 'joinRequest') {
        stranger.isDone = true
        answer(stranger, decoded.message).catch((error: unknown) => {
          log.error({ err: error }, 'join failed')
          plane.closeLink(link, 'the proxy failed')
        })
        return
      }
      const what = decoded.ok ? `${decoded.message.kind} from a stranger` : decoded.reason
      turnAway(stranger, { code: 'protocol', reason: `only a join request is taken: ${what}` })
    },
    onClosed(link, { code, reason }) {
      const stranger = strangers.get(link)
      if (stranger === undefined) return
      stranger.cancel()
      strangers.delete(link)
      if (!stranger.isDone) {
        warn({ remote: stranger.remoteAddress, code }, `join: no request: ${reason}`)
      }
    },
  }
}

const TOO_SLOW: Refusal = { code: 'no-hello', reason: 'no join request in time' }
