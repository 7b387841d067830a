import { encodeHeader, MessageType } from '../../src/receive/wire.ts'

/** A managed message of a client. */
export function message(text: string | Buffer, sequence: number): Buffer {
  const bytes = Buffer.from(text)
  const header = encodeHeader(MessageType.Ack, sequence, bytes.length)
  header.writeUInt32LE(MessageType.Record, 6)
  return Buffer.concat([header, bytes])
}

/** A heartbeat of a client. */
export function heartbeat(sequence: number): Buffer {
  const header = encodeHeader(MessageType.Ack, sequence)
  header.writeUInt32LE(MessageType.Heartbeat, 6)
  return header
}

/** What a server said, header by header: type and sequence. */
export function repliesIn(bytes: Buffer): { type: number; sequence: number }[] {
  const replies: { type: number; sequence: number }[] = []
  for (let at = 0; at + 16 <= bytes.length; at += 16)
    replies.push({ type: bytes.readUInt32LE(at + 6), sequence: bytes.readUInt32LE(at + 12) })
  return replies
}
