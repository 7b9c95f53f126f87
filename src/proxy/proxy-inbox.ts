// What the proxy does with the messages of hosts.

import { messageOf, VnetError } from '../base/errors.ts'
import { echoReply } from '../daemon/echo.ts'
import type { Peer } from '../daemon/peer.ts'
import { handleRenewal } from '../trust/renew.ts'
import type { ControlMessage, ControlMessageOf } from '../wire/control.ts'
import type { ProxyParts } from './proxy.ts'

/** A relayed echo waits this long; the asker's own time-out is usually shorter. */
const RELAY_TIMEOUT_MS = 5_000

/** One switch: each message to the part that it is for. */
export function handleProxyMessage(parts: ProxyParts, peer: Peer, message: ControlMessage): void {
  switch (message.kind) {
    case 'macAnnounce':
      parts.macs.announced(peer.name, message)
      break
    case 'hostReport': {
      const host = parts.hosts.get(peer.name)
      if (host?.peer === peer) host.report = message
      break
    }
    case 'matrixReport':
      if (parts.hosts.get(peer.name)?.peer === peer) parts.inference.report(peer, message)
      break
    case 'linkMeasures':
      if (parts.hosts.get(peer.name)?.peer === peer) parts.measured.report(peer, message)
      break
    case 'clockRequest': {
      const clockUs = Math.round(parts.inference.steadyClock.nowMs() * 1_000)
      peer.answer(message, { kind: 'clockReply', clockUs })
      break
    }
    case 'guestNames':
      parts.inference.guestBook.announced(peer.name, message)
      break
    case 'linkReport':
      parts.measured.linkReport(peer, message)
      parts.orders.report(peer.name, message)
      break
    case 'echo':
      run(parts, peer, message, answerEcho(parts, peer, message))
      break
    case 'renewRequest':
      run(parts, peer, message, renew(parts, peer, message))
      break
    default: {
      parts.log.warn({ peer: peer.name, kind: message.kind }, 'unexpected message ignored')
      if (message.requestId === 0) break
      const error = `the proxy takes no ${message.kind}`
      peer.answer(message, { kind: 'acknowledge', errorCode: 'unexpected', error })
    }
  }
}

function run(parts: ProxyParts, peer: Peer, message: ControlMessage, work: Promise<void>): void {
  work.catch((error: unknown) => {
    const context = { peer: peer.name, kind: message.kind, err: error }
    parts.log.error(context, `request failed: ${messageOf(error)}`)
  })
}

/** Answers an echo, or relays it to the host that it is for. */
async function answerEcho(
  parts: ProxyParts,
  peer: Peer,
  echo: ControlMessageOf<'echo'>,
): Promise<void> {
  if (echo.to === parts.config.name) {
    peer.answer(echo, echoReply(echo, ''))
    return
  }
  const target = parts.hosts.get(echo.to)?.peer
  if (target === undefined) {
    const isKnown = parts.trust.store.host(echo.to) !== null
    peer.answer(echo, echoReply(echo, isKnown ? 'host-down' : 'unknown-host'))
    return
  }
  const { from, to, sequence, payload } = echo
  try {
    await target.ask({ kind: 'echo', from, to, sequence, payload }, RELAY_TIMEOUT_MS)
    peer.answer(echo, echoReply(echo, ''))
  } catch (error) {
    if (!(error instanceof VnetError)) throw error
    peer.answer(echo, echoReply(echo, 'host-down'))
  }
}

async function renew(
  { trust, clock, log }: ProxyParts,
  peer: Peer,
  request: ControlMessageOf<'renewRequest'>,
): Promise<void> {
  const { name, publicKeySha256 } = peer
  const identity = { network: trust.network, role: peer.role, name }
  const nowMs = clock.wallMs()
  const asker = { identity, publicKeySha256 }
  const { response, internalError } = await handleRenewal(trust, { request, peer: asker, nowMs })
  if (internalError !== null) log.error({ err: internalError, peer: name }, 'renewal failed')
  else if (response.errorCode !== '') log.warn({ peer: name }, `renewal refused: ${response.error}`)
  else log.info({ peer: name }, 'certificate renewed')
  peer.answer(request, { kind: 'renewResponse', ...response })
}
