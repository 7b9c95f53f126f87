// The control-plane ping: asking, and answering what is meant for this daemon.

import type { Clock } from '../base/clock.ts'
import { VnetError } from '../base/errors.ts'
import type { PingRequest, PingResult } from '../control/api.ts'
import type { Question } from '../link/requests.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import type { Peer } from './peer.ts'

export const PING_TIMEOUT_MS = 3_000
/** The payload of ping(8), so that sizes compare. */
const PAYLOAD_BYTES = 56

/**
 * One echo over `peer`, which answers or relays it.
 * @throws VnetError `request-timeout`, `link-closed`, or the peer's `unknown-host`, `host-down`.
 */
export async function ping(
  request: PingRequest,
  way: { readonly clock: Clock; readonly from: string; readonly peer: Peer },
): Promise<PingResult> {
  const { clock, from, peer } = way
  const startMs = clock.monotonicMs()
  const payload = new Uint8Array(request.payloadBytes ?? PAYLOAD_BYTES)
  const { host, sequence } = request
  const answer = await peer.ask(
    { kind: 'echo', from, to: host, sequence, payload },
    request.timeoutMs ?? PING_TIMEOUT_MS,
  )
  if (answer.kind !== 'echoReply') {
    throw new VnetError('protocol', `'${peer.name}' answered an echo with ${answer.kind}`)
  }
  if (answer.error !== '') {
    throw new VnetError(answer.error, `'${host}' cannot be reached: ${answer.error}`)
  }
  const rttMs = clock.monotonicMs() - startMs
  return { host, sequence, rttMs, via: peer.name === host ? 'direct' : 'proxy' }
}

/** The answer to an echo; `error` is empty if it reached whom it was meant for. */
export function echoReply(echo: ControlMessageOf<'echo'>, error: string): Question {
  const { from, to, sequence, payload } = echo
  return { kind: 'echoReply', from, to, sequence, payload, error }
}
