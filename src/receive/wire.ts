/**
 * The wire protocol of audisp-remote, format `managed`: a header before every message and every reply
 * (auditd_remote_message_wrapper in audit-userspace lib/private.h), all numbers little-endian.
 *
 * ```
 *  0            4        5         6       10       12         16
 *  │ fe 00 00 ff │ layout │ message │ type  │ length │ sequence │ length bytes of text
 * ```
 *
 * `layout` and `message` are versions and 0. A reply carries the sequence of its message.
 */

/** Bytes of the header. */
export const HEADER_BYTES = 16

/** Longest text of a message, and longest line of format `ascii` (MAX_AUDIT_MESSAGE_LENGTH in libaudit.h). */
export const MAX_TEXT = 8970

/** First four bytes of a header. */
const MAGIC = 0xff0000fe

/** What a message or reply is. */
export const MessageType = {
  Record: 0,
  Heartbeat: 1,
  /** The record is kept. */
  Ack: 0x4000_0000,
  /** The server goes away, or can take nothing now: the client keeps the record and comes back. */
  Ending: 0x4000_0001,
} as const
export type MessageType = (typeof MessageType)[keyof typeof MessageType]

/** What a header says. */
export interface MessageHeader {
  readonly type: typeof MessageType.Record | typeof MessageType.Heartbeat
  readonly length: number
  readonly sequence: number
}

/** Reads the header of a client's message at `at`; a text says why it is none. */
export function readHeader(bytes: Buffer, at: number): MessageHeader | string {
  if (bytes.readUInt32LE(at) !== MAGIC) return 'no header where one was due'
  const [layout, message] = [bytes[at + 4], bytes[at + 5]]
  if (layout !== 0 || message !== 0) return `unknown version ${layout}.${message}`
  const type = bytes.readUInt32LE(at + 6)
  if (type !== MessageType.Record && type !== MessageType.Heartbeat)
    return `unknown message type 0x${type.toString(16)}`
  const length = bytes.readUInt16LE(at + 10)
  if (length > MAX_TEXT) return `a message of ${length} bytes, more than ${MAX_TEXT}`
  return { type, length, sequence: bytes.readUInt32LE(at + 12) }
}

/** A message without text, as replies are. */
export function encodeHeader(type: MessageType, sequence: number, length = 0): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.writeUInt32LE(MAGIC, 0)
  bytes.writeUInt32LE(type, 6)
  bytes.writeUInt16LE(length, 10)
  bytes.writeUInt32LE(sequence, 12)
  return bytes
}
