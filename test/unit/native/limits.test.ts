// The bounds stand twice, for each half of the program in its language: they must agree.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as bounds from '../../../src/base/limits.ts'

/** As a table, to be read by name. */
const LIMITS = new Map<string, number>(Object.entries(bounds))

const TWINS: Readonly<Record<string, keyof typeof bounds>> = {
  kFrameBytesMax: 'FRAME_BYTES_MAX',
  kFrameBytesMin: 'FRAME_BYTES_MIN',
  kHopLimit: 'HOP_LIMIT',
  kControlBytesMax: 'CONTROL_MESSAGE_BYTES_MAX',
  kJoinBytesMax: 'JOIN_MESSAGE_BYTES_MAX',
  kControlQueueBytesMax: 'CONTROL_QUEUE_BYTES_MAX',
  kLinkQueueBytesMax: 'LINK_QUEUE_BYTES_MAX',
  kMacTableMax: 'MAC_TABLE_MAX',
  kPairTableMax: 'PAIR_TABLE_MAX',
  kRuleTableMax: 'RULE_TABLE_MAX',
  kFlapMovesMax: 'MAC_FLAP_MOVES_MAX',
  kHandshakesMax: 'HANDSHAKES_MAX',
  kHandshakeTimeoutMs: 'HANDSHAKE_TIMEOUT_MS',
  kDeadPeerMs: 'DEAD_PEER_MS',
  kKeepaliveMs: 'KEEPALIVE_INTERVAL_MS',
  kPingedKeepaliveMs: 'PINGED_KEEPALIVE_MS',
  kUdpRequiredMs: 'UDP_REQUIRED_MS',
  kStalledMs: 'STALLED_MS',
  kStallPingMs: 'STALL_PING_MS',
  kResumedMs: 'RESUMED_MS',
  kPortsMax: 'PORTS_MAX',
  kLinksMax: 'LINKS_MAX',
}

/** `a + b * c` of whole numbers, as the header writes them. */
function evaluate(text: string): number {
  const product = (part: string) => part.split('*').reduce((value, word) => value * Number(word), 1)
  return text.split('+').reduce((sum, part) => sum + product(part), 0)
}

it('every bound of native/common.h is the one of src/base/limits.ts', () => {
  const header = readFileSync('native/common.h', 'utf8')
  const found = [...header.matchAll(/^constexpr \w+ (k\w+) = ([\d *+]+);$/gm)]
  const names = found.map(([, name = '']) => name)
  expect(names.sort()).toEqual(Object.keys(TWINS).sort())
  for (const [, name = '', text = ''] of found) {
    expect(evaluate(text), name).toBe(LIMITS.get(TWINS[name] ?? ''))
  }
})
