import type { Socket } from 'node:net'
import { Parser } from './parser.ts'
import { encodeHeader, MessageType } from './wire.ts'

/** Records of one client that may wait for their acknowledgement before it is read no further. */
const MAX_WAITING = 256
/** Bytes of replies that a client may leave unread before it is read no further. */
const MAX_UNREAD = 64 * 1024
/** Milliseconds that a message may stay unfinished. */
const UNFINISHED_MS = 30_000
/** Milliseconds that a client may take to read the last that it is told. */
const FAREWELL_MS = 10_000

/** What a client tells whoever listens. */
export interface ClientEvents {
  /** Records in the order in which they came; they are the taker's only until it returns. */
  records(client: Client, records: readonly Received[]): void
  /** It is gone, with the reason where it was not in order. */
  gone(client: Client, wrong: string | null): void
}

/** A record, and the sequence its acknowledgement has to name; null where none is waited for. */
export interface Received {
  readonly text: Buffer
  readonly sequence: number | null
}

/** One connection. */
export class Client {
  /** Address of the other end. */
  readonly address: string
  readonly #socket: Socket
  readonly #events: ClientEvents
  readonly #parser: Parser
  #records: Received[] = []
  #replies: Buffer[] = []
  #waiting = 0
  #held = false
  #unfinishedSince = 0
  /** When it was first seen that it was told to go and has not gone. */
  #staysSince = 0
  #gone = false
  #wrong: string | null = null

  /** @param idleMs milliseconds of silence after which the connection is closed, 0 for never */
  constructor(socket: Socket, idleMs: number, events: ClientEvents) {
    this.#socket = socket
    this.#events = events
    this.address = socket.remoteAddress ?? ''
    this.#parser = new Parser({
      record: (text, sequence) => this.#records.push({ text, sequence }),
      heartbeat: (sequence) => this.#replies.push(encodeHeader(MessageType.Ack, sequence)),
    })
    socket.setNoDelay(true).setKeepAlive(true, 60_000).setTimeout(idleMs)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('end', () => this.#onEnd())
    socket.on('timeout', () => this.#onSilence(idleMs))
    socket.on('drain', () => this.#breathe())
    socket.on('error', (error) => this.close(error.message))
    socket.on('close', () => this.#onClose())
  }

  /** It waits for a reply to each of its records. */
  get isManaged(): boolean {
    return this.#parser.isManaged
  }

  /** So many of its records wait to be acknowledged. */
  wait(records: number): void {
    this.#waiting += records
    this.#breathe()
  }

  /** Says that a record is kept; sent with the next `flush`. */
  acknowledge(sequence: number): void {
    this.#waiting--
    this.#replies.push(encodeHeader(MessageType.Ack, sequence))
  }

  /** Sends what is to be said. */
  flush(): void {
    if (this.#replies.length > 0 && !this.#gone) this.#socket.write(Buffer.concat(this.#replies))
    this.#replies = []
    this.#breathe()
  }

  /** Says that nothing is taken now, to a client that listens, and ends the connection. */
  farewell(): void {
    if (this.#gone) return
    if (!this.#parser.isAscii) this.#replies.push(encodeHeader(MessageType.Ending, 0))
    this.flush()
    this.#gone = true
    this.#socket.end(() => this.#socket.destroy())
  }

  /** Reads nothing, or goes on. */
  hold(held: boolean): void {
    this.#held = held
    this.#breathe()
  }

  /** Closes a connection that has had its time for a message, or to go; `now` in ms of a clock that does not jump. */
  look(now: number): void {
    if (this.#gone) {
      if (this.#staysSince === 0) this.#staysSince = now
      else if (now - this.#staysSince > FAREWELL_MS) this.#socket.destroy()
      return
    }
    if (this.#parser.held === 0) this.#unfinishedSince = 0
    else if (this.#unfinishedSince === 0) this.#unfinishedSince = now
    else if (now - this.#unfinishedSince > UNFINISHED_MS && !this.#held)
      this.close(`a message unfinished for ${UNFINISHED_MS / 1000} s`)
  }

  /** Ends the connection at once; what it sent stays. */
  close(wrong: string | null): void {
    this.#wrong ??= wrong
    this.#gone = true
    this.#socket.destroy()
  }

  #onData(chunk: Buffer): void {
    if (this.#gone) return
    const wrong = this.#parser.push(chunk)
    // Bytes alone are no progress: a message may be sent one byte at a time for ever.
    if (this.#records.length > 0 || this.#replies.length > 0) this.#unfinishedSince = 0
    this.#pass()
    if (wrong === null) this.flush()
    else this.close(wrong)
  }

  #onSilence(idleMs: number): void {
    if (this.#held || this.#waiting > 0) this.#socket.setTimeout(idleMs)
    else this.close(`silent for ${idleMs / 1000} s`)
  }

  #onEnd(): void {
    if (this.#gone) return
    this.#parser.end()
    this.#pass()
  }

  #pass(): void {
    const records = this.#records
    this.#records = []
    if (records.length > 0) this.#events.records(this, records)
  }

  #onClose(): void {
    this.#gone = true
    this.#events.gone(this, this.#wrong)
  }

  /** Who sends more than is kept, or does not read what it is told, is not read. */
  #breathe(): void {
    const full = this.#waiting > MAX_WAITING || this.#socket.writableLength > MAX_UNREAD
    if (this.#held || full) this.#socket.pause()
    else if (this.#socket.isPaused()) this.#socket.resume()
  }
}
