/**
 * Spool format, version 1: what the shim writes and the reader reads.
 *
 * A spool is a directory of segments `EEEEEEEE-SSSSSSSS.seg`: epoch and sequence, both decimal, as
 * in a position. One writer process is one epoch; its segments count from 0. A segment is a header
 * of 128 bytes and frames up to its end, all numbers little-endian:
 *
 * ```
 * segment header                                  frame header, 32 bytes, then `length` of payload
 *   0  8  magic "SPILLSEG"                          0  4  magic "SPFR"
 *   8  4  version, 1                                4  1  type: 1 data, 2 tick, 3 gap, 4 end
 *  12  4  epoch                                     5  3  length of the payload, at most 1 MiB
 *  16  4  sequence                                  8  4  line feeds in a data payload
 *  20  4  salt, random                             12  8  monotonic ns of its first byte
 *  24 16  boot id                                  20  8  realtime ms of its first byte
 *  40  4  pid of the writer                        28  4  CRC-32, seeded with the segment's salt,
 *  44  4  inode of its pid namespace                      over bytes 0–27 and the payload
 *  48  8  its start time, clock ticks since boot
 *  56  8  realtime ms                             gap payload, 48 bytes
 *  64  8  monotonic ns                              0  8  monotonic ns of the first lost byte
 *  72  8  bytes of data in the epoch so far         8  8  monotonic ns of the last
 *  80  8  line feeds in them                       16  8  realtime ms of the first
 *  88  8  valid length of the previous segment     24  8  realtime ms of the last
 *  96 28  zero                                     32  8  bytes lost
 * 124  4  CRC-32 of bytes 0–123                    40  8  line feeds in them
 * ```
 *
 * The valid length of a segment is where its last whole frame ends: after a short write it is finished
 * there and the frame is written again in the next one. A payload is the attacker's to choose, so that
 * a frame is proven by its salted CRC, never by its magic. The pid namespace tells a reader in another
 * container that the pid means nothing to it.
 *
 * A segment of version 2 is one that was packed when it was finished (pack-format.ts).
 *
 * `released` in the reader's state directory is one line, at most 64 bytes: `released 1 EPOCH SEQUENCE CRC`,
 * the CRC-32 of what stands before its blank in eight hex digits. Segments below that one may be deleted.
 */

import { crc32 } from 'node:zlib'

export const VERSION = 1
/** Version of a segment that was packed. */
export const PACKED_VERSION = 2

/** Bytes of a segment header; the first frame starts here. */
export const SEGMENT_HEADER = 128
/** Bytes of a frame header. */
export const FRAME_HEADER = 32
/** Longest payload of a frame. */
export const MAX_PAYLOAD: number = 1 << 20
/** Length at which a segment is rotated. */
export const SEGMENT_BYTES: number = 16 << 20
/** Length that no segment of ours reaches: what lies behind it was never written by a shim. */
export const MAX_SEGMENT: number = 2 * SEGMENT_BYTES
/** Bytes of a gap frame's payload. */
export const GAP_PAYLOAD = 48
/** Longest `released` file that is accepted. */
export const RELEASED_BYTES = 64

/** "SPFR", the first four bytes of each frame. */
export const FRAME_MAGIC: Buffer = Buffer.from('SPFR', 'latin1')
const FRAME_MAGIC_WORD = FRAME_MAGIC.readUInt32LE(0)
const SEGMENT_MAGIC = Buffer.from('SPILLSEG', 'latin1')
const SEGMENT_NAME = /^(\d{8})-(\d{8})\.seg$/
const RELEASED_LINE = /^(released 1 (\d{1,8}) (\d{1,8})) ([0-9a-f]{8})\n?$/
const WORD = 2 ** 32
/** Highest epoch that `released` is believed: the names of segments leave ten million after it. */
const MAX_RELEASED_EPOCH = 90_000_000

export const FrameType = { Data: 1, Tick: 2, Gap: 3, End: 4 } as const
export type FrameType = (typeof FrameType)[keyof typeof FrameType]

/** Which segment: writer epoch and sequence in it. */
export interface SegmentId {
  readonly epoch: number
  readonly sequence: number
}

/** What a segment says of itself. */
export interface SegmentHeader extends SegmentId {
  readonly salt: number
  /** Boot id of the kernel, in UUID form. */
  readonly boot: string
  readonly pid: number
  readonly pidNamespace: number
  /** Start of the writer process in clock ticks since boot, as /proc/PID/stat has it. */
  readonly started: number
  readonly realtimeMs: number
  readonly monotonicNs: number
  /** Data bytes and line feeds in the epoch's earlier segments. */
  readonly bytes: number
  readonly lineFeeds: number
  /** Where the last whole frame of the previous segment ends; 0 in sequence 0. */
  readonly previousLength: number
}

/** What a frame header says. */
export interface FrameHeader {
  type: FrameType
  length: number
  lineFeeds: number
  monotonicNs: number
  realtimeMs: number
}

/** What a gap frame says: when bytes were dropped, and how many. */
export interface GapRecord {
  readonly firstNs: number
  readonly lastNs: number
  readonly firstMs: number
  readonly lastMs: number
  readonly bytes: number
  readonly lineFeeds: number
}

/** Why bytes are not a segment header of a known version. */
export type HeaderFault = 'short' | 'foreign' | 'version' | 'damaged'

/** File name of a segment. */
export function segmentName(id: SegmentId): string {
  return `${String(id.epoch).padStart(8, '0')}-${String(id.sequence).padStart(8, '0')}.seg`
}

/** The segment a file name stands for, or null for any other file. */
export function parseSegmentName(name: string): SegmentId | null {
  const match = SEGMENT_NAME.exec(name)
  return match && { epoch: Number(match[1]), sequence: Number(match[2]) }
}

/** Negative, zero or positive as segment `a` lies before, at or after `b`. */
export function compareSegments(a: SegmentId, b: SegmentId): number {
  return a.epoch - b.epoch || a.sequence - b.sequence
}

/** The 128 bytes of a segment header. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const out = Buffer.alloc(SEGMENT_HEADER)
  SEGMENT_MAGIC.copy(out)
  out.writeUInt32LE(VERSION, 8)
  out.writeUInt32LE(header.epoch, 12)
  out.writeUInt32LE(header.sequence, 16)
  out.writeUInt32LE(header.salt, 20)
  out.write(header.boot.replaceAll('-', ''), 24, 16, 'hex')
  out.writeUInt32LE(header.pid, 40)
  out.writeUInt32LE(header.pidNamespace, 44)
  writeU64(out, header.started, 48)
  writeU64(out, header.realtimeMs, 56)
  writeU64(out, header.monotonicNs, 64)
  writeU64(out, header.bytes, 72)
  writeU64(out, header.lineFeeds, 80)
  writeU64(out, header.previousLength, 88)
  out.writeUInt32LE(crc32(out.subarray(0, 124)), 124)
  return out
}

/**
 * Reads a segment header from the first bytes of a file. `damaged` is a CRC that does not match;
 * the fields are then of no use except the salt, which a frame under it can prove.
 */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | HeaderFault {
  if (bytes.length < SEGMENT_HEADER) return 'short'
  if (!bytes.subarray(0, 8).equals(SEGMENT_MAGIC)) return 'foreign'
  if (versionIn(bytes) !== VERSION && versionIn(bytes) !== PACKED_VERSION) return 'version'
  if (crc32(bytes.subarray(0, 124)) !== bytes.readUInt32LE(124)) return 'damaged'
  return {
    epoch: bytes.readUInt32LE(12),
    sequence: bytes.readUInt32LE(16),
    salt: saltIn(bytes),
    boot: formatBoot(bytes.toString('hex', 24, 40)),
    pid: bytes.readUInt32LE(40),
    pidNamespace: bytes.readUInt32LE(44),
    started: readU64(bytes, 48),
    realtimeMs: readU64(bytes, 56),
    monotonicNs: readU64(bytes, 64),
    bytes: readU64(bytes, 72),
    lineFeeds: readU64(bytes, 80),
    previousLength: readU64(bytes, 88),
  }
}

/** The version field of a header that may be damaged. */
export function versionIn(header: Buffer): number {
  return header.readUInt32LE(8)
}

/** The salt field of a header that may be damaged. */
export function saltIn(header: Buffer): number {
  return header.readUInt32LE(20)
}

/**
 * Writes the frame header in front of its payload: `frame` holds 32 bytes of room and then exactly
 * the payload of `header.length` bytes.
 */
export function sealFrame(frame: Buffer, header: FrameHeader, salt: number): void {
  // Without the JIT a view writes three times as fast as the methods of Buffer.
  const view = new DataView(frame.buffer, frame.byteOffset, FRAME_HEADER)
  view.setUint32(0, FRAME_MAGIC_WORD, true)
  view.setUint32(4, header.type + header.length * 256, true)
  view.setUint32(8, header.lineFeeds, true)
  setU64(view, 12, header.monotonicNs)
  setU64(view, 20, header.realtimeMs)
  view.setUint32(28, frameCrc(frame, 0, header.length, salt), true)
}

/** Reads a frame header at `at` into `header`; false when no frame of this version can start there. */
export function readFrameHeader(bytes: Buffer, at: number, header: FrameHeader): boolean {
  if (bytes.readUInt32LE(at) !== FRAME_MAGIC_WORD) return false
  const word = bytes.readUInt32LE(at + 4)
  const type = word % 256
  header.type = type as FrameType
  header.length = (word - type) / 256
  header.lineFeeds = bytes.readUInt32LE(at + 8)
  header.monotonicNs = readU64(bytes, at + 12)
  header.realtimeMs = readU64(bytes, at + 20)
  return type >= FrameType.Data && type <= FrameType.End && header.length <= MAX_PAYLOAD
}

/** True when the frame at `at`, wholly in `bytes`, was written under this salt and is undamaged. */
export function isProven(bytes: Buffer, at: number, length: number, salt: number): boolean {
  return frameCrc(bytes, at, length, salt) === bytes.readUInt32LE(at + 28)
}

/** Writes a gap's payload at `at`. */
export function encodeGap(gap: GapRecord, out: Buffer, at: number): void {
  writeU64(out, gap.firstNs, at)
  writeU64(out, gap.lastNs, at + 8)
  writeU64(out, gap.firstMs, at + 16)
  writeU64(out, gap.lastMs, at + 24)
  writeU64(out, gap.bytes, at + 32)
  writeU64(out, gap.lineFeeds, at + 40)
}

/** Reads a gap's payload. */
export function decodeGap(bytes: Buffer, at: number): GapRecord {
  return {
    firstNs: readU64(bytes, at),
    lastNs: readU64(bytes, at + 8),
    firstMs: readU64(bytes, at + 16),
    lastMs: readU64(bytes, at + 24),
    bytes: readU64(bytes, at + 32),
    lineFeeds: readU64(bytes, at + 40),
  }
}

/** The line that `released` holds. */
export function formatReleased(id: SegmentId): string {
  const text = `released 1 ${id.epoch} ${id.sequence}`
  return `${text} ${hex32(crc32(text))}\n`
}

/** The segment below which all may be deleted, or null for anything that is not such a line. */
export function parseReleased(text: string): SegmentId | null {
  const match = RELEASED_LINE.exec(text)
  if (!match || hex32(crc32(match[1])) !== match[4]) return null
  const epoch = Number(match[2])
  return epoch > MAX_RELEASED_EPOCH ? null : { epoch, sequence: Number(match[3]) }
}

/**
 * Start of a process in clock ticks since boot: field 22 of its /proc/PID/stat. The command in field 2
 * may hold blanks and brackets (proc(5)).
 */
export function processStart(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
}

/** A CRC in eight hex digits. */
export function hex32(value: number): string {
  return value.toString(16).padStart(8, '0')
}

function frameCrc(bytes: Buffer, at: number, length: number, salt: number): number {
  const { buffer, byteOffset } = bytes
  // Not `subarray`: without the JIT that of Buffer takes four times as long.
  const header = new Uint8Array(buffer, byteOffset + at, 28)
  const payload = new Uint8Array(buffer, byteOffset + at + FRAME_HEADER, length)
  return crc32(payload, crc32(header, salt))
}

function formatBoot(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function writeU64(out: Buffer, value: number, at: number): void {
  const low = value % WORD
  out.writeUInt32LE(low, at)
  out.writeUInt32LE((value - low) / WORD, at + 4)
}

function setU64(view: DataView, at: number, value: number): void {
  const low = value % WORD
  view.setUint32(at, low, true)
  view.setUint32(at + 4, (value - low) / WORD, true)
}

function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * WORD
}
