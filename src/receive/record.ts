import { SPACE } from '../model/bytes.ts'

const LINE_FEED = 0x0a
const NODE = Buffer.from('node=')

/**
 * The line of the stream that a received record becomes. Line feeds, NUL and 0x01 inside it become
 * spaces, so that one record is one line and no line looks like auditd's binary header, whatever a
 * client sends. A record that names no node gets `node` before it, if that is given. Null for a
 * record of nothing.
 */
export function lineOf(record: Buffer, node: string | null): Buffer | null {
  if (record.length === 0) return null
  const named = node === null || record.subarray(0, NODE.length).equals(NODE)
  const head = named ? 0 : NODE.length + Buffer.byteLength(node) + 1
  const line = Buffer.allocUnsafe(head + record.length + 1)
  if (!named) line.write(`node=${node} `)
  line.set(record, head)
  for (let at = head; at < line.length - 1; at++)
    if (line[at] <= 1 || line[at] === LINE_FEED) line[at] = SPACE
  line[line.length - 1] = LINE_FEED
  return line
}

/** The address of a peer as a node name: one of IPv4 that came over an IPv6 socket as IPv4. */
export function nodeOf(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '')
}
