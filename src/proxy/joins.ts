// Links without a client certificate: a stranger may send one JoinRequest, gets its answer, and is
// gone. Bounded in number, time and size.

import type { Cancel, Clock } from '../base/clock.ts'
import { JOIN_MESSAGE_BYTES_MAX } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { JoinLinks } from '../daemon/peer.ts'
import type { LinkId, LinkInfo, Plane } from '../plane/plane.ts'
import type { JoinOutcome, JoinServer } from '../trust/join-server.ts'
import { type ControlMessageOf, decodeControl, encodeControl } from '../wire/control.ts'

/** Strangers at once: a token is used by people, one at a time, or by a script, some at a time. */
export const JOINS_MAX = 64
/** From TLS to the request: a program sends it at once. */
export const JOIN_TIMEOUT_MS = 10_000

interface Stranger {
  readonly remoteAddress: string
  readonly cancel: Cancel
  isAnswered: boolean
}

export function createJoinLinks(options: {
  readonly plane: Plane
  readonly clock: Clock
  readonly log: Log
  readonly server: JoinServer
  /** A host joined, or keys were revoked by it. */
  readonly onOutcome: (outcome: JoinOutcome) => void
}): JoinLinks {
  const { plane, clock, log, server } = options
  const strangers = new Map<LinkId, Stranger>()

  async function answer(
    link: LinkId,
    stranger: Stranger,
    request: ControlMessageOf<'joinRequest'>,
  ) {
    const { remoteAddress } = stranger
    const outcome = await server.handle({ request, remoteAddress, nowMs: clock.wallMs() })
    const { response, host, internalError } = outcome
    if (internalError !== null) log.error({ err: internalError }, 'join failed')
    if (host === null) {
      const { errorCode: code, error } = response
      log.warn({ remote: remoteAddress, name: request.name.slice(0, 63), code }, `join: ${error}`)
    } else log.info({ remote: remoteAddress, host: host.name }, 'host joined')
    options.onOutcome(outcome)
    if (!strangers.has(link)) return // gone meanwhile
    const { requestId } = request
    plane.sendControl(link, encodeControl({ kind: 'joinResponse', requestId, ...response }))
    plane.closeLink(link, 'the join request is answered')
  }

  return {
    onPending(link: LinkInfo) {
      if (strangers.size >= JOINS_MAX) {
        plane.closeLink(link.id, 'too many joins at once; try again')
        return
      }
      const cancel = clock.after(JOIN_TIMEOUT_MS, () => plane.closeLink(link.id, 'no join request'))
      const { remoteAddress } = link
      strangers.set(link.id, { remoteAddress, cancel, isAnswered: false })
    },
    onMessage(link, bytes) {
      const stranger = strangers.get(link)
      if (stranger === undefined || stranger.isAnswered) return
      stranger.isAnswered = true
      const decoded = decodeControl(bytes, JOIN_MESSAGE_BYTES_MAX)
      if (decoded.ok && decoded.message.kind === 'joinRequest') {
        answer(link, stranger, decoded.message).catch((error: unknown) => {
          log.error({ err: error }, 'join failed')
          plane.closeLink(link, 'the proxy failed')
        })
        return
      }
      const reason = decoded.ok ? `${decoded.message.kind} from a stranger` : decoded.reason
      log.warn({ remote: stranger.remoteAddress }, `join: ${reason}`)
      plane.closeLink(link, 'only a join request is possible here')
    },
    onClosed(link) {
      strangers.get(link)?.cancel()
      strangers.delete(link)
    },
  }
}
