// Does payload pass a new fast path? A connection may come about over a path that loses all packets
// of full size: behind a tunnel, or a firewall that drops "fragmentation needed" (RFC 2923
// section 2.1). Each end sends more than one window's worth of full packets and wants as much back
// before it uses the link.

import { messageOf, VnetError } from '../base/errors.ts'
import type { Question } from '../link/requests.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import { PATH_CHECK_BYTES_MAX } from '../wire/message.ts'
import type { Peer } from './peer.ts'

/** Three round trips of a satellite path; less than a try to make a link may take. */
export const PATH_CHECK_TIMEOUT_MS = 1_500

const PAYLOAD = Uint8Array.from({ length: PATH_CHECK_BYTES_MAX }, (_, index) => index % 251)

/** Null: payload passes both ways, or the peer is of a version that cannot tell. Else why not. */
export async function checkPath(peer: Pick<Peer, 'ask'>): Promise<string | null> {
  try {
    const answer = await peer.ask({ kind: 'pathCheck', payload: PAYLOAD }, PATH_CHECK_TIMEOUT_MS)
    if (answer.kind === 'acknowledge' && answer.errorCode === 'unknown-request') return null
    const isWhole = answer.kind === 'pathCheckReply' && answer.payload.length === PAYLOAD.length
    return isWhole ? null : 'the peer did not send back the payload of the check'
  } catch (error) {
    if (!(error instanceof VnetError) || error.code !== 'request-timeout') return messageOf(error)
    const seconds = PATH_CHECK_TIMEOUT_MS / 1_000
    return `connected, but full-size packets do not pass both ways (no answer in ${seconds} s)`
  }
}

/** As many bytes back: then the asker knows that both ways carry them. */
export function pathCheckReply({ payload }: ControlMessageOf<'pathCheck'>): Question {
  return { kind: 'pathCheckReply', payload }
}
