// The table of all control messages: fields of proto/control.proto with their bounds, and the types
// that follow from it. src/wire/control.ts encodes and decodes by this table.

import { counterColumn, uint32Column } from './column.ts'
import type { ValueOf } from './field.ts'
import {
  counter,
  flag,
  lines,
  list,
  mac,
  macOrNull,
  octets,
  prose,
  record,
  uint32,
  word,
} from './field.ts'

/** Two lists of this many MACs (8 bytes each) fit one message; longer ones are sent in parts. */
export const MACS_PER_MESSAGE_MAX = 4_000
/** 64 hex digits and 2 bytes around them each. */
export const REVOCATIONS_PER_MESSAGE_MAX = 900
/** A MAC, a name of 63 characters and 6 bytes around them each. */
export const PINS_PER_MESSAGE_MAX = 800
/** A name of a guest has 63 characters, as a pin's host has. */
export const GUEST_NAMES_PER_MESSAGE_MAX = PINS_PER_MESSAGE_MAX
/** Each with two MACs of its own and all numbers at their longest: 12 + 2 * 2 + 8 + 5 + 5 bytes. */
export const MATRIX_PAIRS_PER_MESSAGE_MAX = 1_900
/** A name of 63 characters and all numbers at their longest: 65 + 4 + 3 * 6 + 4 * 9 + 3 bytes. */
export const LINK_MEASURES_PER_MESSAGE_MAX = 480
/** Of PAIR_TABLE_MAX pairs, and some to spare. */
export const MATRIX_PARTS_MAX = 160
/** Two MACs, a name of 63 characters and 6 bytes around them each. */
export const PATH_RULES_PER_MESSAGE_MAX = 700
/** Of RULE_TABLE_MAX rules. */
export const PATH_RULES_PARTS_MAX = 188
/** Eleven packets of 1,500 bytes: more than a new connection may send before the first answer. */
export const PATH_CHECK_BYTES_MAX = 16_384
/** Addresses of one daemon: a machine with more interfaces than this lists its best. */
export const ENDPOINTS_MAX = 16
/** Names are DNS labels (RFC 1035 section 2.3.4). */
export const NAME_LENGTH_MAX = 63
/** A P-256 certificate with our fields has about 800 characters of PEM; three fit, and to spare. */
export const PEM_LENGTH_MAX = 6_000
/** A P-256 request has about 300 bytes. */
export const CSR_BYTES_MAX = 2_048
/** `vnet ping` payload: a full Ethernet frame's worth. */
export const ECHO_PAYLOAD_BYTES_MAX = 1_500

const name = word(NAME_LENGTH_MAX)
const code = word(64)
const text = prose(512)
const address = word(255)
const identifier = word(64)
const sha256Hex = word(64)
const linkMeasure = record({
  peer: name,
  isStar: flag,
  minRttUs: uint32,
  jitterUs: uint32,
  sentBytes: counter,
  resentBytes: counter,
  loadBytesPerSecond: counter,
  rateBytesPerSecond: counter,
  isSaturated: flag,
  queueUs: uint32,
})
const endpoint = record({ address, port: uint32 })

/** Field names are those of the generated code (camelCase of the .proto file's). */
export const MESSAGES = {
  hello: {
    versionMajor: uint32,
    versionMinor: uint32,
    name,
    role: word(16),
    software: prose(64),
    instance: identifier,
    wallClockMs: counter,
    endpoints: list(endpoint, ENDPOINTS_MAX),
    linkRole: word(16),
    linkOrderId: identifier,
  },
  goodbye: { code, reason: text },
  joinRequest: { tokenSecret: word(512), name: word(255), csrDer: octets(CSR_BYTES_MAX) },
  joinResponse: {
    errorCode: code,
    error: text,
    certificatePem: lines(PEM_LENGTH_MAX),
    caPem: lines(PEM_LENGTH_MAX),
    proxyName: name,
    network: name,
  },
  renewRequest: { csrDer: octets(CSR_BYTES_MAX) },
  renewResponse: {
    errorCode: code,
    error: text,
    certificatePem: lines(PEM_LENGTH_MAX),
    caPem: lines(PEM_LENGTH_MAX),
  },
  macAnnounce: {
    sequence: counter,
    isFull: flag,
    added: list(mac, MACS_PER_MESSAGE_MAX),
    removed: list(mac, MACS_PER_MESSAGE_MAX),
  },
  macUpdate: { sequence: counter, movedAway: list(mac, MACS_PER_MESSAGE_MAX) },
  revocationList: {
    sequence: counter,
    publicKeySha256: list(sha256Hex, REVOCATIONS_PER_MESSAGE_MAX),
  },
  linkOrder: {
    orderId: identifier,
    peer: name,
    isRemoved: flag,
    dial: flag,
    endpoints: list(endpoint, ENDPOINTS_MAX),
    peerPublicKeySha256: sha256Hex,
    transport: word(16),
  },
  linkReport: { orderId: identifier, peer: name, state: word(16), reason: text },
  ruleOrder: {
    isRemoved: flag,
    destination: mac,
    source: macOrNull,
    viaPeer: name,
    viaPort: name,
    isTransit: flag,
  },
  pinList: {
    sequence: counter,
    pins: list(record({ mac, host: name }), PINS_PER_MESSAGE_MAX),
  },
  echo: { from: name, to: name, sequence: uint32, payload: octets(ECHO_PAYLOAD_BYTES_MAX) },
  echoReply: {
    from: name,
    to: name,
    sequence: uint32,
    payload: octets(ECHO_PAYLOAD_BYTES_MAX),
    error: code,
  },
  acknowledge: { errorCode: code, error: text },
  hostReport: {
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
  },
  matrixOrder: { updateIntervalMs: uint32 },
  matrixReport: {
    sequence: counter,
    fromMs: counter,
    toMs: counter,
    part: uint32,
    parts: uint32,
    guests: octets(2 * 6 * MATRIX_PAIRS_PER_MESSAGE_MAX),
    source: uint32Column(MATRIX_PAIRS_PER_MESSAGE_MAX),
    destination: uint32Column(MATRIX_PAIRS_PER_MESSAGE_MAX),
    bytes: counterColumn(MATRIX_PAIRS_PER_MESSAGE_MAX),
    frames: uint32Column(MATRIX_PAIRS_PER_MESSAGE_MAX),
    droppedFrames: uint32Column(MATRIX_PAIRS_PER_MESSAGE_MAX),
  },
  clockRequest: {},
  clockReply: { clockUs: counter },
  guestNames: {
    isFull: flag,
    names: list(record({ mac, name }), GUEST_NAMES_PER_MESSAGE_MAX),
  },
  linkMeasures: {
    receivedBytesPerSecond: counter,
    links: list(linkMeasure, LINK_MEASURES_PER_MESSAGE_MAX),
  },
  probeOrder: { peer: name, bytesMax: counter, durationMaxMs: uint32 },
  probeResult: {
    errorCode: code,
    bytesPerSecond: counter,
    isSaturated: flag,
    sentBytes: counter,
    durationMs: uint32,
  },
  pathCheck: { payload: octets(PATH_CHECK_BYTES_MAX) },
  pathCheckReply: { payload: octets(PATH_CHECK_BYTES_MAX) },
  pathRules: {
    sequence: counter,
    part: uint32,
    parts: uint32,
    rules: list(
      record({ source: mac, destination: mac, viaPeer: name }),
      PATH_RULES_PER_MESSAGE_MAX,
    ),
  },
} as const

export type MessageKind = keyof typeof MESSAGES

/** The fields of one kind of message, such as `MessageBody<'joinRequest'>`. */
export type MessageBody<K extends MessageKind> = ValueOf<(typeof MESSAGES)[K]>

/**
 * One control message, told apart by `kind`. `requestId` is set on a request and copied into its
 * answer; 0 where no answer is expected.
 */
export type ControlMessage = {
  [K in MessageKind]: { readonly kind: K; readonly requestId: number } & MessageBody<K>
}[MessageKind]

export type ControlMessageOf<K extends MessageKind> = Extract<ControlMessage, { readonly kind: K }>

/** A message of a newer minor version, which this one does not know. To be ignored, or refused. */
export interface UnknownMessage {
  readonly kind: 'unknown'
  readonly requestId: number
}
