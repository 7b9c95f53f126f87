// Generators of control messages for property tests and fuzzing: any legal message of any kind.

import fc from 'fast-check'
import { macFromBytes } from '../../src/base/mac.ts'
import type { ControlMessage, MessageKind } from '../../src/wire/control.ts'
import { MESSAGES } from '../../src/wire/message.ts'

const word = fc.stringMatching(/^[a-z0-9.:-]{0,15}$/)
const prose = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((text) => text.replace(/\p{Cc}/gu, ''))
const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const counter = fc.maxSafeNat()
const octets = fc.uint8Array({ maxLength: 40 })
const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => macFromBytes(bytes))
const few = { maxLength: 4 }
const uint32Column = fc.array(uint32, few).map((numbers) => Uint32Array.from(numbers))
const counterColumn = fc.array(counter, few).map((numbers) => Float64Array.from(numbers))
const endpoints = fc.array(fc.record({ address: word, port: uint32 }), few)

const linkMeasure = fc.record({
  peer: word,
  isStar: fc.boolean(),
  ...{ minRttUs: uint32, jitterUs: uint32, queueUs: uint32 },
  ...{ sentBytes: counter, resentBytes: counter },
  ...{ loadBytesPerSecond: counter, rateBytesPerSecond: counter },
  isSaturated: fc.boolean(),
})

const bodies = {
  hello: fc.record({
    versionMajor: uint32,
    versionMinor: uint32,
    name: word,
    role: word,
    software: prose,
    instance: word,
    wallClockMs: counter,
    endpoints,
    linkRole: word,
    linkOrderId: word,
  }),
  goodbye: fc.record({ code: word, reason: prose }),
  joinRequest: fc.record({ tokenSecret: word, name: word, csrDer: octets }),
  joinResponse: fc.record({
    errorCode: word,
    error: prose,
    certificatePem: fc.string(),
    caPem: fc.string(),
    proxyName: word,
    network: word,
  }),
  renewRequest: fc.record({ csrDer: octets }),
  renewResponse: fc.record({
    errorCode: word,
    error: prose,
    certificatePem: fc.string(),
    caPem: fc.string(),
  }),
  macAnnounce: fc.record({
    sequence: counter,
    isFull: fc.boolean(),
    added: fc.array(mac, few),
    removed: fc.array(mac, few),
  }),
  macUpdate: fc.record({ sequence: counter, movedAway: fc.array(mac, few) }),
  revocationList: fc.record({ sequence: counter, publicKeySha256: fc.array(word, few) }),
  linkOrder: fc.record({
    orderId: word,
    peer: word,
    isRemoved: fc.boolean(),
    dial: fc.boolean(),
    endpoints,
    peerPublicKeySha256: word,
    transport: word,
  }),
  linkReport: fc.record({ orderId: word, peer: word, state: word, reason: prose }),
  ruleOrder: fc.record({
    isRemoved: fc.boolean(),
    destination: mac,
    source: fc.option(mac),
    viaPeer: word,
    viaPort: word,
    isTransit: fc.boolean(),
  }),
  pinList: fc.record({
    sequence: counter,
    pins: fc.array(fc.record({ mac, host: word }), few),
  }),
  echo: fc.record({ from: word, to: word, sequence: uint32, payload: octets }),
  echoReply: fc.record({ from: word, to: word, sequence: uint32, payload: octets, error: word }),
  acknowledge: fc.record({ errorCode: word, error: prose }),
  hostReport: fc.record({
    ports: uint32,
    macs: uint32,
    links: uint32,
    rxFrames: counter,
    rxBytes: counter,
    txFrames: counter,
    txBytes: counter,
    drops: counter,
    rssBytes: counter,
    certificateNotAfterMs: counter,
  }),
  matrixOrder: fc.record({ updateIntervalMs: uint32 }),
  matrixReport: fc.record({
    ...{ sequence: counter, fromMs: counter, toMs: counter, part: uint32, parts: uint32 },
    guests: octets,
    ...{ source: uint32Column, destination: uint32Column, frames: uint32Column },
    ...{ bytes: counterColumn, droppedFrames: uint32Column },
  }),
  clockRequest: fc.record({}),
  clockReply: fc.record({ clockUs: counter }),
  guestNames: fc.record({
    isFull: fc.boolean(),
    names: fc.array(fc.record({ mac, name: word }), few),
  }),
  linkMeasures: fc.record({
    receivedBytesPerSecond: counter,
    links: fc.array(linkMeasure, few),
  }),
  probeOrder: fc.record({ peer: word, bytesMax: counter, durationMaxMs: uint32 }),
  probeResult: fc.record({
    errorCode: word,
    ...{ bytesPerSecond: counter, sentBytes: counter, durationMs: uint32 },
    isSaturated: fc.boolean(),
  }),
  pathCheck: fc.record({ payload: octets }),
  pathCheckReply: fc.record({ payload: octets }),
  pathRules: fc.record({
    ...{ sequence: counter, part: uint32, parts: uint32 },
    rules: fc.array(fc.record({ source: mac, destination: mac, viaPeer: word }), few),
  }),
} satisfies Record<MessageKind, fc.Arbitrary<object>>

/** Any message of one kind. */
export function anyMessageOf(kind: MessageKind): fc.Arbitrary<ControlMessage> {
  const body: fc.Arbitrary<object> = bodies[kind]
  return fc
    .tuple(uint32, body)
    .map(([requestId, fields]) => ({ kind, requestId, ...fields }) as ControlMessage)
}

/** Any message of any kind. */
export const anyMessage: fc.Arbitrary<ControlMessage> = fc.oneof(
  ...(Object.keys(MESSAGES) as MessageKind[]).map(anyMessageOf),
)
