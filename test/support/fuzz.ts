// Fuzzing of the decoders: random bytes and mutated legal messages, replayed by a seed. Used by the
// short run in test/sim and by the long one, scripts/fuzz-control.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { VnetError } from '../../src/base/errors.ts'
import { parseMac } from '../../src/base/mac.ts'
import { fingerprint, readHeaders } from '../../src/infer/captures/headers.ts'
import { CaptureDecoder, type OnFrame } from '../../src/wire/capture.ts'
import { decodeControl, encodeControl } from '../../src/wire/control.ts'
import {
  createFrameDecoder,
  encodeFrame,
  encodePreface,
  parsePreface,
} from '../../src/wire/framing.ts'
import { pcapFile, pcapngFile, tcpFrame } from './captures.ts'
import { anyMessage } from './control-messages.ts'

export interface FuzzReport {
  readonly inputs: number
  readonly accepted: number
  readonly refused: number
}

/** Uniform integers in [0, below), by the generator of xorshift32 (Marsaglia 2003). */
type Draw = (below: number) => number

function createDraw(seed: number): Draw {
  let state = seed | 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/**
 * Feeds `inputs` inputs to `decodeControl`. An exception, or an accepted message that cannot be
 * sent again, fails with the seed and the input.
 */
export function fuzzControl({ inputs, seed }: FuzzRun): FuzzReport {
  const draw = createDraw(seed)
  const corpus = fc.sample(anyMessage, { numRuns: 1_000, seed }).map(encodeControl)
  let accepted = 0
  for (let index = 0; index < inputs; index += 1) {
    const input = makeInput(draw, corpus)
    try {
      const result = decodeControl(input)
      if (!result.ok) assert.ok(result.reason.length > 0)
      if (!result.ok || result.message.kind === 'unknown') continue
      accepted += 1
      const again = decodeControl(encodeControl(result.message))
      if (index % 16 === 0) assert.deepEqual(again, result)
      else assert.ok(again.ok)
    } catch (cause) {
      const hex = Buffer.from(input).toString('hex')
      throw new Error(`seed ${seed}, input ${index}: ${hex}`, { cause })
    }
  }
  return { inputs, accepted, refused: inputs - accepted }
}

interface FuzzRun {
  readonly inputs: number
  readonly seed: number
}

/** The same for the preface and the stream of frames, each input cut into two chunks. */
export function fuzzFraming(run: FuzzRun): FuzzReport {
  return fuzzChunks(framingCorpus(), run, (input, head, rest) => {
    const decoder = createFrameDecoder()
    const first = decoder.push(head)
    const second = decoder.push(rest)
    const framed = [...first.frames, ...second.frames]
    const payloadBytes = framed.reduce((sum, frame) => sum + frame.payload.length + 8, 0)
    assert.ok(payloadBytes + decoder.pendingBytes <= input.length)
    return second.error === null || parsePreface(input).ok
  })
}

/**
 * The same for capture files, each cut into two chunks: whatever is in them gives frames, a problem
 * or a refusal, and no frame is longer than the file.
 */
export function fuzzCapture(run: FuzzRun): FuzzReport {
  return fuzzChunks(captureCorpus(), run, (input, head, rest) => {
    const decoder = new CaptureDecoder()
    const onFrame: OnFrame = ({ bytes, length }) => {
      assert.ok(bytes.length <= Math.min(length, input.length))
      const headers = readHeaders(bytes, length)
      if (headers !== null) fingerprint(bytes, headers)
    }
    try {
      decoder.push(head, onFrame)
      decoder.push(rest, onFrame)
      decoder.end()
      return decoder.problem === null
    } catch (error) {
      if (error instanceof VnetError && error.code === 'capture-invalid') return false
      throw error
    }
  })
}

/** Counts the inputs that `accepts` takes; what it throws is told with the seed and the input. */
function fuzzChunks(
  corpus: readonly Uint8Array[],
  { inputs, seed }: FuzzRun,
  accepts: (input: Uint8Array, head: Uint8Array, rest: Uint8Array) => boolean,
): FuzzReport {
  const draw = createDraw(seed)
  let accepted = 0
  for (let index = 0; index < inputs; index += 1) {
    const input = makeInput(draw, corpus)
    const cut = draw(input.length + 1)
    try {
      if (accepts(input, input.subarray(0, cut), input.subarray(cut))) accepted += 1
    } catch (cause) {
      throw new Error(`seed ${seed}, input ${index}`, { cause })
    }
  }
  return { inputs, accepted, refused: inputs - accepted }
}

function captureCorpus(): Uint8Array[] {
  const ends = { from: parseMac('02:00:00:00:00:01'), to: parseMac('02:00:00:00:00:02') }
  const records = [0, 40, 300].map((payloadBytes) => ({
    atMs: 1_795_000_000_000 + payloadBytes,
    bytes: tcpFrame({ ...ends, payloadBytes }),
    length: payloadBytes * 100,
  }))
  return [true, false].flatMap((isLittleEndian) => {
    const kind = { isLittleEndian, isNanoseconds: isLittleEndian }
    const short = records.slice(0, 1)
    return [pcapFile(records, kind), pcapFile([], kind), pcapngFile(short, kind, ['a', 'b'])]
  })
}

function framingCorpus(): Uint8Array[] {
  const payload = new Uint8Array(60)
  const ping = encodeFrame('ping', new Uint8Array(8))
  const frames = [
    encodeFrame('ethernet', payload),
    encodeFrame('offloaded', payload),
    encodeFrame('control', payload),
    ping,
  ]
  return [encodePreface(1), ...frames, Buffer.concat([ping, ...frames])]
}

function makeInput(draw: Draw, corpus: readonly Uint8Array[]): Uint8Array {
  if (draw(8) === 0) return randomBytes(draw, draw(64))
  let input = Uint8Array.from(pick(draw, corpus))
  for (let mutations = 1 + draw(3); mutations > 0; mutations -= 1) {
    input = mutate(draw, input, corpus)
  }
  return input
}

function mutate(
  draw: Draw,
  input: Uint8Array,
  corpus: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const at = draw(input.length + 1)
  const head = input.subarray(0, at)
  const tail = input.subarray(at)
  switch (draw(7)) {
    case 0: // flip a bit
      return joined(
        head,
        tail.map((byte, index) => (index === 0 ? byte ^ (1 << draw(8)) : byte)),
      )
    case 1: // any byte
      return joined(
        head,
        tail.map((byte, index) => (index === 0 ? draw(256) : byte)),
      )
    case 2: // cut
      return joined(head)
    case 3: // leave something out
      return joined(head, tail.subarray(draw(8)))
    case 4: // put something in
      return joined(head, randomBytes(draw, draw(12)), tail)
    case 5: // repeat, up to a few thousand bytes
      return input.length > 2_000 ? joined(head) : joined(input, tail, input)
    default: // splice two
      return joined(head, pick(draw, corpus))
  }
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts))
}

function randomBytes(draw: Draw, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => draw(256))
}

function pick(draw: Draw, corpus: readonly Uint8Array[]): Uint8Array {
  const picked = corpus[draw(corpus.length)]
  assert.ok(picked !== undefined)
  return picked
}
