// Control messages to bytes and back: the generated protobuf code (src/wire/gen) does the encoding,
// the table in src/wire/message.ts the checking. Bytes from outside never throw; they are refused
// with a reason. Fields and messages that a newer minor version added are ignored.

import protobuf from 'protobufjs/minimal.js'
import { messageOf, VnetError } from '../base/errors.ts'
import { CONTROL_MESSAGE_BYTES_MAX } from '../base/limits.ts'
import type { Shape } from './field.ts'
import { FieldError, readShape, uint32, writeShape } from './field.ts'
import { vnet } from './gen/control.js'
import type { ControlMessage, MessageKind, UnknownMessage } from './message.ts'
import { MESSAGES } from './message.ts'

export type {
  ControlMessage,
  ControlMessageOf,
  MessageBody,
  MessageKind,
  UnknownMessage,
} from './message.ts'

export type DecodeResult =
  | { readonly ok: true; readonly message: ControlMessage | UnknownMessage }
  /** Not a control message: the peer broke the protocol; `reason` is for the log. */
  | { readonly ok: false; readonly reason: string }

/**
 * Encodes a message. Texts for people are cut to their bounds; everything else must fit already.
 * @throws VnetError `message-invalid` if a field or the whole exceeds its bound.
 */
export function encodeControl(message: ControlMessage): Uint8Array {
  const shape: Shape = MESSAGES[message.kind]
  const raw = {
    requestId: writeChecked(() => uint32.write(message.requestId, 'requestId')),
    [message.kind]: writeChecked(() => writeShape(shape, { ...message }, message.kind)),
  }
  const bytes = vnet.Control.encode(raw as vnet.Control.$Properties).finish()
  if (bytes.length > CONTROL_MESSAGE_BYTES_MAX) {
    throw new VnetError(
      'message-invalid',
      `${message.kind}: ${bytes.length} bytes exceed ${CONTROL_MESSAGE_BYTES_MAX}`,
      { hint: 'send long lists in parts' },
    )
  }
  return bytes
}

function writeChecked<T>(write: () => T): T {
  try {
    return write()
  } catch (error) {
    if (error instanceof FieldError) throw new VnetError('message-invalid', error.message)
    throw error
  }
}

/**
 * Decodes and checks a whole message of at most `bytesMax` bytes (JOIN_MESSAGE_BYTES_MAX while the
 * peer is a stranger). Octets in the result are views into `bytes`. Never throws.
 */
export function decodeControl(
  bytes: Uint8Array,
  bytesMax: number = CONTROL_MESSAGE_BYTES_MAX,
): DecodeResult {
  if (bytes.length > bytesMax) {
    return { ok: false, reason: `control message of ${bytes.length} bytes exceeds ${bytesMax}` }
  }
  try {
    return { ok: true, message: readControl(bytes) }
  } catch (error) {
    // FieldError from the table, or the protobuf reader's own errors: the bytes are at fault.
    return { ok: false, reason: `malformed control message: ${messageOf(error)}` }
  }
}

function readControl(bytes: Uint8Array): ControlMessage | UnknownMessage {
  const reader = protobuf.Reader.create(bytes)
  reader.discardUnknown = true
  const raw = vnet.Control.decode(reader)
  const requestId = uint32.read(raw.requestId, 'requestId')
  const kind: MessageKind | undefined = raw.body
  if (kind === undefined) return { kind: 'unknown', requestId }
  const shape: Shape = MESSAGES[kind]
  return { ...readShape(shape, raw[kind], kind), kind, requestId } as ControlMessage
}
