import { HEADER_BYTES, MAX_TEXT, MessageType, readHeader } from './wire.ts'

const LINE_FEED = 0x0a
/** First byte of a managed header; no record begins with it. */
const MANAGED = 0xfe

/** What a connection says. The bytes are the taker's only until it returns. */
export interface Taker {
  /** A record without its line feed; `sequence` null where nobody waits for a reply. */
  record(text: Buffer, sequence: number | null): void
  heartbeat(sequence: number): void
}

/** What one client speaks, told by its first byte: what else it could be has a text. */
type Speech = 'managed' | 'ascii' | { readonly wrong: string }

/** Cuts what one connection sends into messages, however it comes in pieces. Holds one message at most. */
export class Parser {
  readonly #taker: Taker
  #speech: Speech | null = null
  #held: Buffer = Buffer.alloc(0)

  constructor(taker: Taker) {
    this.#taker = taker
  }

  /** Bytes of a message that is not whole. */
  get held(): number {
    return this.#held.length
  }

  /** The client waits for replies. */
  get isManaged(): boolean {
    return this.#speech === 'managed'
  }

  /** The client sends lines and reads nothing. */
  get isAscii(): boolean {
    return this.#speech === 'ascii'
  }

  /** Takes bytes; a text says what is wrong with them, after which nothing more can be taken. */
  push(chunk: Buffer): string | null {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    if (bytes.length === 0) return null
    this.#speech ??= speechOf(bytes[0])
    if (typeof this.#speech === 'object') return this.#speech.wrong
    const end = this.#speech === 'managed' ? this.#messages(bytes) : this.#lines(bytes)
    if (typeof end === 'string') return end
    this.#held = Buffer.from(bytes.subarray(end))
    return null
  }

  /** The client has ended in order: what is left of a line is a line. */
  end(): void {
    if (this.#speech === 'ascii' && this.#held.length > 0) this.#taker.record(this.#held, null)
    this.#held = Buffer.alloc(0)
  }

  /** Takes the whole messages; gives where the rest begins. */
  #messages(bytes: Buffer): number | string {
    let at = 0
    while (bytes.length - at >= HEADER_BYTES) {
      const header = readHeader(bytes, at)
      if (typeof header === 'string') return header
      const text = at + HEADER_BYTES
      const end = text + header.length
      if (end > bytes.length) break
      if (header.type === MessageType.Heartbeat) this.#taker.heartbeat(header.sequence)
      else
        this.#taker.record(bytes.subarray(text, withoutLineFeed(bytes, text, end)), header.sequence)
      at = end
    }
    return at
  }

  #lines(bytes: Buffer): number | string {
    let at = 0
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, at)
      const length = (end < 0 ? bytes.length : end) - at
      if (length > MAX_TEXT) return `a line of more than ${MAX_TEXT} bytes`
      if (end < 0) return at
      this.#taker.record(bytes.subarray(at, end), null)
      at = end + 1
    }
  }
}

function withoutLineFeed(bytes: Buffer, start: number, end: number): number {
  return end > start && bytes[end - 1] === LINE_FEED ? end - 1 : end
}

function speechOf(first: number): Speech {
  if (first === MANAGED) return 'managed'
  // A token of GSS-API begins with its length, a TLS handshake with its record type (RFC 8446, 5.1).
  if (first === 0) return { wrong: 'Kerberos (transport = krb5), which is not taken' }
  if (first === 0x16) return { wrong: 'TLS, which is not set up (receive.tls)' }
  return first < 0x20 || first > 0x7e ? { wrong: 'neither a header nor a record' } : 'ascii'
}
