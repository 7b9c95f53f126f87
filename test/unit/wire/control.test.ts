// The control messages' codec: round trips, every bound, other versions, bytes from strangers.

import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import { CONTROL_MESSAGE_BYTES_MAX } from '../../../src/base/limits.ts'
import { macFromBytes } from '../../../src/base/mac.ts'
import type { ControlMessage, ControlMessageOf } from '../../../src/wire/control.ts'
import { decodeControl, encodeControl } from '../../../src/wire/control.ts'
import type { Shape } from '../../../src/wire/field.ts'
import {
  ECHO_PAYLOAD_BYTES_MAX,
  GUEST_NAMES_PER_MESSAGE_MAX,
  LINK_MEASURES_PER_MESSAGE_MAX,
  MACS_PER_MESSAGE_MAX,
  MATRIX_PAIRS_PER_MESSAGE_MAX,
  MESSAGES,
  PATH_CHECK_BYTES_MAX,
  PATH_RULES_PER_MESSAGE_MAX,
  PINS_PER_MESSAGE_MAX,
  REVOCATIONS_PER_MESSAGE_MAX,
} from '../../../src/wire/message.ts'
import { anyMessage } from '../../support/control-messages.ts'

const proto = protobuf.loadSync(new URL('../../../proto/control.proto', import.meta.url).pathname)
const Control = proto.lookupType('vnet.Control')

/** Bytes as another program would write them. */
function raw(fields: object): Uint8Array {
  return Control.encode(Control.fromObject(fields)).finish()
}

function reasonOf(bytes: Uint8Array): string {
  const result = decodeControl(bytes)
  return result.ok ? 'accepted' : result.reason
}

test('every message comes back as it was sent', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const result = decodeControl(encodeControl(message))
      expect(result).toEqual({ ok: true, message })
    }),
    { numRuns: 1_000 },
  )
})

test('the table has exactly the fields of control.proto', () => {
  const namesOf = (type: protobuf.Type) => type.fieldsArray.map((field) => field.name).sort()
  const bodies = Control.oneofsArray[0]?.fieldsArray ?? []
  expect(bodies.map((field) => field.name).sort()).toEqual(Object.keys(MESSAGES).sort())
  const compare = (type: protobuf.Type, shape: Shape) => {
    expect([type.name, ...namesOf(type)]).toEqual([type.name, ...Object.keys(shape).sort()])
    for (const field of type.fieldsArray) {
      const inner = field.resolve().resolvedType
      const nested = shape[field.name]?.nested
      if (inner instanceof protobuf.Type && nested !== undefined) compare(inner, nested)
      else expect([field.name, inner, nested]).toEqual([field.name, null, undefined])
    }
  }
  for (const [kind, shape] of Object.entries(MESSAGES)) {
    const type = Control.fields[kind]?.resolve().resolvedType
    if (!(type instanceof protobuf.Type)) throw new Error(`${kind} is no message`)
    compare(type, shape)
  }
})

describe('bounds', () => {
  const mac = macFromBytes(new Uint8Array(6))

  test('the largest messages that the bounds allow fit', () => {
    const macs = Array.from({ length: MACS_PER_MESSAGE_MAX }, () => mac)
    const pin = { mac, host: 'x'.repeat(63) }
    const largest: ControlMessage[] = [
      { kind: 'macAnnounce', requestId: 1, sequence: 1, isFull: true, added: macs, removed: macs },
      {
        kind: 'pinList',
        requestId: 1,
        sequence: 1,
        pins: Array.from({ length: PINS_PER_MESSAGE_MAX }, () => pin),
      },
      {
        kind: 'revocationList',
        requestId: 1,
        sequence: 1,
        publicKeySha256: Array.from({ length: REVOCATIONS_PER_MESSAGE_MAX }, () => 'a'.repeat(64)),
      },
      {
        kind: 'guestNames',
        requestId: 1,
        isFull: true,
        names: Array.from({ length: GUEST_NAMES_PER_MESSAGE_MAX }, () => ({ mac, name: pin.host })),
      },
      largestReport(),
      largestPathRules(),
      largestMeasures(),
      { kind: 'pathCheck', requestId: 1, payload: new Uint8Array(PATH_CHECK_BYTES_MAX) },
    ]
    for (const message of largest) {
      expect(decodeControl(encodeControl(message))).toEqual({ ok: true, message })
    }
  })

  test.each([
    ['too many MACs', { macUpdate: { movedAway: Array(4_001).fill(new Uint8Array(6)) } }, /more/],
    ['a MAC of 5 bytes', { macUpdate: { movedAway: [new Uint8Array(5)] } }, /6 bytes/],
    ['a MAC of 7 bytes', { ruleOrder: { destination: new Uint8Array(7) } }, /6 bytes/],
    ['no destination', { ruleOrder: {} }, /6 bytes/],
    ['a source of 3 bytes', { ruleOrder: { destination: mac6(), source: [1, 2, 3] } }, /6 bytes/],
    ['a pin without MAC', { pinList: { pins: [{ host: 'a' }] } }, /6 bytes/],
    ['a long name', { hello: { name: 'x'.repeat(64) } }, /longer than 63/],
    ['a line break in a name', { echo: { from: 'a\nb' } }, /control character/],
    ['a NUL in a code', { goodbye: { code: 'a\0' } }, /control character/],
    ['a long reason', { goodbye: { reason: 'x'.repeat(513) } }, /longer than 512/],
    ['a large payload', { echo: { payload: new Uint8Array(1_501) } }, /longer than 1500/],
    ['a large request', { renewRequest: { csrDer: new Uint8Array(2_049) } }, /longer than 2048/],
    ['too many endpoints', { hello: { endpoints: Array(17).fill({ address: 'a' }) } }, /more/],
    ['a long address', { hello: { endpoints: [{ address: 'x'.repeat(256) }] } }, /longer than 255/],
    ['a large check', { pathCheck: { payload: new Uint8Array(16_385) } }, /longer than 16384/],
    ['a path rule of any source', { pathRules: { rules: [{ destination: mac6() }] } }, /6 bytes/],
    ['a path over a long name', pathRulesOf(1, 'x'.repeat(64)), /longer than 63/],
    ['too many path rules', pathRulesOf(PATH_RULES_PER_MESSAGE_MAX + 1, 'a'), /more than 700/],
    ['a cut number', { matrixReport: { source: [0x80] } }, /within a number/],
    ['a large index', { matrixReport: { source: [255, 255, 255, 255, 16] } }, /larger than 4294/],
    ['an endless number', { matrixReport: { bytes: [...Array(9).fill(128), 0] } }, /too long/],
    [
      'an unsafe column',
      {
        matrixReport: {
          bytes: Array(8)
            .fill(127 | 128)
            .concat(1),
        },
      },
      /larger/,
    ],
    ['too many pairs', { matrixReport: { frames: new Uint8Array(1_901) } }, /more than 1900/],
    ['an unsafe counter', { hostReport: { rxBytes: '9007199254740992' } }, /2\^53/],
    ['a huge counter', { hostReport: { rxBytes: '18446744073709551615' } }, /2\^53/],
  ])('%s is refused', (_, fields, reason) => {
    expect(reasonOf(raw(fields))).toMatch(reason)
  })

  test('a sender cannot put into a column what is no number of its kind', () => {
    const report = largestReport()
    for (const wrong of [0.5, -1, Number.NaN, 2 ** 53]) {
      expect(() => encodeControl({ ...report, bytes: Float64Array.of(wrong) })).toThrow(/no number/)
    }
    const frames = new Uint32Array(MATRIX_PAIRS_PER_MESSAGE_MAX + 1)
    expect(() => encodeControl({ ...report, frames })).toThrow(/more than/)
  })

  function largestMeasures(): ControlMessage {
    const count = Number.MAX_SAFE_INTEGER
    const measure = {
      peer: 'x'.repeat(63),
      ...{ isStar: true, isSaturated: true },
      ...{ minRttUs: 0xffff_ffff, jitterUs: 0xffff_ffff, queueUs: 0xffff_ffff },
      ...{ sentBytes: count, resentBytes: count },
      ...{ loadBytesPerSecond: count, rateBytesPerSecond: count },
    }
    const links = Array.from({ length: LINK_MEASURES_PER_MESSAGE_MAX }, () => measure)
    return { kind: 'linkMeasures', requestId: 1, receivedBytesPerSecond: count, links }
  }

  function largestPathRules(): ControlMessage {
    const mac = macFromBytes(new Uint8Array(6).fill(254))
    const rule = { source: mac, destination: mac, viaPeer: 'x'.repeat(63) }
    const rules = Array.from({ length: PATH_RULES_PER_MESSAGE_MAX }, () => rule)
    return { kind: 'pathRules', requestId: 1, sequence: 2 ** 53 - 1, part: 187, parts: 188, rules }
  }

  function pathRulesOf(count: number, viaPeer: string): object {
    const rule = { source: mac6(), destination: mac6(), viaPeer }
    return { pathRules: { rules: Array(count).fill(rule) } }
  }

  function largestReport(): ControlMessageOf<'matrixReport'> {
    const length = MATRIX_PAIRS_PER_MESSAGE_MAX
    const indexes = Uint32Array.from({ length }, (_, index) => index + length)
    const numbers = new Uint32Array(length).fill(0xffff_ffff)
    return {
      ...{ kind: 'matrixReport', requestId: 0xffff_ffff, part: 0xffff_ffff, parts: 0xffff_ffff },
      ...{ sequence: 2 ** 53 - 1, fromMs: 2 ** 53 - 1, toMs: 2 ** 53 - 1 },
      guests: new Uint8Array(2 * 6 * length),
      ...{ source: indexes, destination: indexes, frames: numbers, droppedFrames: numbers },
      bytes: new Float64Array(length).fill(2 ** 53 - 1),
    }
  }

  function mac6(): Uint8Array {
    return new Uint8Array(6)
  }

  test('the largest safe counter passes', () => {
    const result = decodeControl(raw({ hostReport: { rxBytes: '9007199254740991' } }))
    expect(result).toMatchObject({ ok: true, message: { rxBytes: Number.MAX_SAFE_INTEGER } })
  })

  test('a message too large as a whole is refused unread', () => {
    const bytes = new Uint8Array(CONTROL_MESSAGE_BYTES_MAX + 1)
    expect(reasonOf(bytes)).toMatch(/exceeds 65536/)
    expect(decodeControl(raw({ echo: { from: 'a' } }), 4)).toMatchObject({ ok: false })
  })

  test('the sender is held to the same, but texts for people are cut and cleaned', () => {
    const invalid = expect.objectContaining({ code: 'message-invalid' })
    const echo = { kind: 'echo', requestId: 1, from: 'a', to: 'b', sequence: 1 } as const
    const payload = new Uint8Array(ECHO_PAYLOAD_BYTES_MAX + 1)
    expect(() => encodeControl({ ...echo, payload })).toThrow(invalid)
    expect(() => encodeControl({ ...echo, payload, sequence: -1 })).toThrow(invalid)
    expect(() => encodeControl({ ...echo, payload, requestId: 1.5 })).toThrow(invalid)
    const reason = `first\n\tsecond ${'x'.repeat(600)}`
    const bytes = encodeControl({ kind: 'goodbye', requestId: 0, code: 'shutdown', reason })
    const result = decodeControl(bytes)
    if (!result.ok || result.message.kind !== 'goodbye') throw new Error('not decoded')
    expect(result.message.reason).toMatch(/^first second x+$/)
    expect(result.message.reason).toHaveLength(512)
  })

  test('control characters in a text of a stranger become blanks', () => {
    const result = decodeControl(raw({ goodbye: { reason: '\u001b[2Jgone' } }))
    expect(result).toMatchObject({ ok: true, message: { reason: ' [2Jgone' } })
  })
})

describe('other versions', () => {
  const newer = protobuf
    .parse(`syntax = "proto3"; package vnet;
    message Control {
      uint32 request_id = 1;
      oneof body { Hello hello = 2; Novelty novelty = 90; }
      string tenant = 91;
    }
    message Hello { string name = 3; string flavour = 60; Novelty extra = 61; }
    message Novelty { uint64 a = 1; repeated string b = 2; }`)
    .root.lookupType('vnet.Control')
  const encodeNewer = (fields: object) => newer.encode(newer.fromObject(fields)).finish()

  test('fields that a newer minor version added are ignored', () => {
    const hello = { name: 'alpha', flavour: 'x', extra: { a: 1, b: ['y'] } }
    const result = decodeControl(encodeNewer({ requestId: 7, tenant: 'z', hello }))
    expect(result).toMatchObject({
      ok: true,
      message: { kind: 'hello', requestId: 7, name: 'alpha' },
    })
    expect(Object.keys(result.ok ? result.message : {})).not.toContain('flavour')
  })

  test('a message that a newer minor version added is told apart, with its request id', () => {
    const result = decodeControl(encodeNewer({ requestId: 7, novelty: { a: 1 } }))
    expect(result).toEqual({ ok: true, message: { kind: 'unknown', requestId: 7 } })
  })

  test('fields that an older minor version lacks have their defaults', () => {
    const result = decodeControl(encodeNewer({ hello: {} }))
    expect(result).toMatchObject({ ok: true, message: { name: '', endpoints: [], wallClockMs: 0 } })
  })

  test('of two bodies the last holds, as protobuf says', () => {
    const both = Buffer.concat([raw({ hello: { name: 'a' } }), raw({ goodbye: { code: 'b' } })])
    expect(decodeControl(both)).toMatchObject({ ok: true, message: { kind: 'goodbye' } })
  })
})

test.each([
  ['a text', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['field number 0', Buffer.from([1, 2, 3])],
  ['a length beyond the end', Buffer.from([0x12, 0xff, 0x01, 0x00])],
  ['a varint without end', Buffer.alloc(20, 0xff)],
  ['a wrong end group', Buffer.from([0x12, 0x01, 0x0c])],
  ['invalid UTF-8', Buffer.from([0x12, 0x04, 0x1a, 0x02, 0xc3, 0x28])],
  ['groups nested deeply', Buffer.alloc(60_000, 0x7b)],
])('%s is refused with a reason', (_, bytes) => {
  expect(reasonOf(bytes)).toMatch(/^malformed control message: ./)
})
