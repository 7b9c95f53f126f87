// Sends the adaptation's rules to a host and waits until all are in force there.

import type { PathRule } from '../adapt/types.ts'
import { messageOf, VnetError } from '../base/errors.ts'
import type { Peer } from '../daemon/peer.ts'
import { PATH_RULES_PER_MESSAGE_MAX } from '../wire/message.ts'

/** A host sets thousands of rules in a few milliseconds; one that hangs is asked again. */
const ACKNOWLEDGE_TIMEOUT_MS = 2_000

/** Null: in force. Else why not; then the host has the rules that it had. */
export async function orderPathRules(
  peer: Peer,
  sequence: number,
  rules: readonly PathRule[],
): Promise<string | null> {
  const wire = rules.map(({ source, destination, via }) => ({ source, destination, viaPeer: via }))
  const parts = Math.max(1, Math.ceil(wire.length / PATH_RULES_PER_MESSAGE_MAX))
  const asked = Array.from({ length: parts }, (_, part) => {
    const start = part * PATH_RULES_PER_MESSAGE_MAX
    const some = wire.slice(start, start + PATH_RULES_PER_MESSAGE_MAX)
    return ask(peer, { kind: 'pathRules', sequence, part, parts, rules: some })
  })
  const failures = await Promise.all(asked)
  return failures.find((failure) => failure !== null) ?? null
}

async function ask(peer: Peer, message: Parameters<Peer['ask']>[0]): Promise<string | null> {
  try {
    const answer = await peer.ask(message, ACKNOWLEDGE_TIMEOUT_MS)
    if (answer.kind !== 'acknowledge' || answer.errorCode === '') return null
    if (answer.errorCode === 'unknown-request')
      return 'its version takes no rules of the adaptation'
    return `it refuses: ${answer.error}`
  } catch (error) {
    if (error instanceof VnetError) return messageOf(error)
    throw error
  }
}
