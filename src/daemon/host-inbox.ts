// What a host does with the messages of its peers. Orders come over the star link only; another
// host may ask for an echo, or whether payload passes, and nothing else.

import { messageOf, VnetError } from '../base/errors.ts'
import type { Question } from '../link/requests.ts'
import type { ControlMessage, ControlMessageOf } from '../wire/control.ts'
import { echoReply } from './echo.ts'
import type { HostParts } from './host.ts'
import { obeyProbe } from './link-prober.ts'
import { pathCheckReply } from './path-check.ts'
import type { Peer } from './peer.ts'
import type { WantedTarget } from './rules.ts'

const UPDATE_INTERVAL_MS_MIN = 50

/** One switch: each message to the part that it is for. */
export function handleHostMessage(parts: HostParts, peer: Peer, message: ControlMessage): void {
  if (message.kind === 'echo') {
    const error = message.to === parts.config.name ? '' : 'unknown-host'
    peer.answer(message, echoReply(message, error))
    return
  }
  if (message.kind === 'pathCheck' && peer.linkRole === 'fast-path') {
    peer.answer(message, pathCheckReply(message))
    return
  }
  if (peer.linkRole !== 'star') {
    ignore(parts, peer, message)
    return
  }
  switch (message.kind) {
    case 'macUpdate':
      for (const mac of message.movedAway) parts.plane.forgetMac(mac)
      break
    case 'revocationList':
      if (parts.revocations.add(message).length > 0) parts.peers.dropRevoked()
      break
    case 'linkOrder': {
      const { orderId, peer: other, isRemoved, dial } = message
      parts.log.info({ orderId, peer: other, isRemoved, dial }, 'link order')
      const refusal = parts.fastPaths.obey(message)
      acknowledge(peer, message, refusal)
      break
    }
    case 'linkReport':
      parts.fastPaths.peerReported(message)
      break
    case 'ruleOrder':
      acknowledge(peer, message, obeyRule(parts, message))
      break
    case 'pathRules':
      acknowledge(peer, message, obeyPathRules(parts, message))
      break
    case 'probeOrder': {
      const { star, fastPaths, linkProber } = parts
      const other = message.peer === star.peer?.name ? star.peer : fastPaths.linkOf(message.peer)
      obeyProbe(linkProber, other?.link ?? null, message).then(
        (answer) => peer.answer(message, answer),
        (error: unknown) => parts.log.error({ err: error }, `probe: ${messageOf(error)}`),
      )
      break
    }
    case 'pinList':
      parts.pins.receive(message)
      break
    case 'matrixOrder':
      obeyMatrix(parts, peer, message)
      break
    default:
      ignore(parts, peer, message)
  }
}

interface Failure {
  readonly code: string
  readonly reason: string
}

function obeyRule(parts: HostParts, order: ControlMessageOf<'ruleOrder'>): Failure | null {
  const match = { destination: order.destination, source: order.source }
  if (order.isRemoved) {
    if (parts.rules.remove(match)) return null
    return { code: 'rule-unknown', reason: 'there is no such rule' }
  }
  const target = targetOf(order)
  if (target.kind === 'port' && parts.ports.idOf(target.name) === null) {
    return { code: 'port-unknown', reason: `there is no port '${target.name}'` }
  }
  try {
    parts.rules.set({ ...match, target, isTransit: order.isTransit })
    return null
  } catch (error) {
    if (error instanceof VnetError) return { code: error.code, reason: error.message }
    parts.log.error({ err: error }, `rule not set: ${messageOf(error)}`)
    return { code: 'internal', reason: 'the host could not set the rule; see its log' }
  }
}

function obeyPathRules(
  { pathRules, log }: HostParts,
  message: ControlMessageOf<'pathRules'>,
): Failure | null {
  try {
    return pathRules.receive(message)
  } catch (error) {
    log.error({ err: error }, `rules of the adaptation not set: ${messageOf(error)}`)
    return { code: 'internal', reason: 'the host could not set the rules; see its log' }
  }
}

/** An interval of next to nothing would occupy the daemon; a proxy of ours orders none. */
function obeyMatrix(
  { matrix, proxyClock }: HostParts,
  proxy: Peer,
  { updateIntervalMs }: ControlMessageOf<'matrixOrder'>,
): void {
  if (updateIntervalMs === 0) matrix.order(0)
  else matrix.order(Math.max(UPDATE_INTERVAL_MS_MIN, updateIntervalMs))
  if (updateIntervalMs > 0) proxyClock.start(proxy)
}

function targetOf({ viaPeer, viaPort }: ControlMessageOf<'ruleOrder'>): WantedTarget {
  if (viaPeer !== '') return { kind: 'peer', name: viaPeer }
  return viaPort === '' ? { kind: 'drop' } : { kind: 'port', name: viaPort }
}

function acknowledge(peer: Peer, request: ControlMessage, failure: Failure | null): void {
  if (request.requestId === 0) return
  const answer: Question = {
    kind: 'acknowledge',
    errorCode: failure?.code ?? '',
    error: failure?.reason ?? '',
  }
  peer.answer(request, answer)
}

/** A message that this daemon does not take from this peer: a fault of the peer's, not the end. */
function ignore(parts: HostParts, peer: Peer, message: ControlMessage): void {
  parts.log.warn({ peer: peer.name, kind: message.kind }, 'unexpected message ignored')
  acknowledge(peer, message, { code: 'unexpected', reason: `a host takes no ${message.kind} here` })
}
