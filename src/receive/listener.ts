import { createServer, type Server, type Socket } from 'node:net'
import {
  createServer as createTlsServer,
  type TlsOptions,
  type Server as TlsServer,
} from 'node:tls'
import { codeOf, ExitCode, Failure, reasonOf } from '../model/failure.ts'
import type { ListenAddress } from '../model/listen.ts'
import { Client, type Received } from './client.ts'
import { lineOf, nodeOf } from './record.ts'
import { Tally } from './tally.ts'

/** Milliseconds a record may wait to be kept before its client is told to come back later. */
const STALL_MS = 2000
/** Interval of the look at what waits and what is unfinished. */
const LOOK_MS = 1000
/** Milliseconds that a TLS handshake may take. */
const HANDSHAKE_MS = 10_000

/** How connections are taken. */
export interface ListenOptions {
  readonly at: ListenAddress
  /** A record without node= gets the address it came from as its node. */
  readonly nodeFromAddress: boolean
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  /** Milliseconds of silence after which a connection is closed, 0 for never. */
  readonly idleMs: number
  /** Certificate, key and the authority of client certificates; null for plain TCP. */
  readonly tls: Pick<TlsOptions, 'cert' | 'key' | 'ca'> | null
  /** Takes whole lines; `done` is to be called on the listener when they are kept. */
  readonly take: (lines: Buffer) => void
  /** Told what went wrong with connections, now and then. */
  readonly warn: (text: string) => void
}

/** A record that is not acknowledged yet. `end` counts the bytes taken up to its end. */
interface Waiting {
  readonly client: Client
  readonly sequence: number
  readonly end: number
  readonly since: number
}

/**
 * Receives records of many connections as one stream of lines, and acknowledges each when told that it
 * is kept:
 *
 * ```
 *  sockets ──► clients ──records──► take(lines) ··· done(bytes) ──► acknowledgements
 *                        └──► waiting, in the order of the stream
 * ```
 */
export class Listener {
  readonly #options: ListenOptions
  readonly #server: Server
  readonly #tls: TlsServer | null
  readonly #clients = new Set<Client>()
  /** Connections by address, those in a handshake as well. */
  readonly #byAddress = new Map<string, number>()
  readonly #tally: Tally
  #connections = 0
  #waiting: Waiting[] = []
  /** Bytes taken, and how many of them are done with. */
  #taken = 0
  #done = 0
  #held = false
  #stalled = false
  #closed = false
  #timer: NodeJS.Timeout | null = null

  constructor(options: ListenOptions) {
    this.#options = options
    this.#tally = new Tally(options.warn)
    this.#server = createServer((socket) => this.#admit(socket))
    this.#tls = options.tls === null ? null : this.#tlsServer(options.tls)
  }

  /** The port, which is another than the one asked for where that was 0. */
  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' ? (address?.port ?? 0) : 0
  }

  /** Begins to listen. Rejects with a `Failure` where it cannot. */
  async open(): Promise<void> {
    const { host, port } = this.#options.at
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port }, resolve)
    }).catch((error: unknown) => {
      const why = codeOf(error) === 'EADDRINUSE' ? 'another program listens there' : reasonOf(error)
      const reason = `cannot listen on tcp://${host}:${port}: ${why}`
      throw new Failure(ExitCode.Input, reason, { cause: error })
    })
    // Too many open files, for example: connections wait until some are closed.
    this.#server.on('error', (error) => this.#tally.add(`cannot accept: ${reasonOf(error)}`))
    this.#timer = setInterval(() => this.#look(performance.now()), LOOK_MS)
  }

  /** All bytes taken up to `bytes` are done with: kept, unless `kept` says that some of the last are not. */
  done(bytes: number, kept: boolean): void {
    this.#stalled = false
    this.#done = bytes
    let count = 0
    while (count < this.#waiting.length && this.#waiting[count].end <= bytes) count++
    const settled = this.#waiting.splice(0, count)
    if (!kept) return this.#refuse(settled)
    for (const { client, sequence } of settled) client.acknowledge(sequence)
    for (const { client } of settled) client.flush()
  }

  /** Reads nothing, or goes on. */
  hold(held: boolean): void {
    this.#held = held
    for (const client of this.#clients) client.hold(held || this.#closed)
  }

  /** Accepts no connection and reads nothing more; what was taken is still acknowledged. */
  close(): void {
    this.#closed = true
    this.#server.close()
    this.#tls?.close()
    this.hold(true)
  }

  /** Tells every client that the server ends, and ends all connections. */
  farewell(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    for (const client of this.#clients) client.farewell()
    this.#tally.tell(Number.POSITIVE_INFINITY)
  }

  #tlsServer({ cert, key, ca }: NonNullable<ListenOptions['tls']>): TlsServer {
    const server = createTlsServer({
      cert,
      key,
      ca,
      requestCert: ca !== undefined,
      rejectUnauthorized: ca !== undefined,
      minVersion: 'TLSv1.2',
      handshakeTimeout: HANDSHAKE_MS,
    })
    server.on('secureConnection', (socket) => this.#welcome(socket))
    server.on('tlsClientError', (error) => this.#tally.add(`TLS: ${reasonOf(error)}`))
    return server
  }

  #admit(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const { maxConnections, maxConnectionsPerAddress } = this.#options
    const sameAddress = this.#byAddress.get(address) ?? 0
    if (this.#connections >= maxConnections || sameAddress >= maxConnectionsPerAddress) {
      const limit = sameAddress >= maxConnectionsPerAddress ? '_per_address' : ''
      this.#tally.add(`receive.max_connections${limit} reached`, address)
      socket.on('error', () => {}).destroy()
      return
    }
    this.#connections++
    this.#byAddress.set(address, sameAddress + 1)
    socket.once('close', () => this.#left(address))
    if (this.#tls === null) this.#welcome(socket)
    // The way in for a socket that another server has accepted.
    else this.#tls.emit('connection', socket)
  }

  #left(address: string): void {
    this.#connections--
    const rest = (this.#byAddress.get(address) ?? 1) - 1
    if (rest > 0) this.#byAddress.set(address, rest)
    else this.#byAddress.delete(address)
  }

  #welcome(socket: Socket): void {
    const client = new Client(socket, this.#options.idleMs, {
      records: (from, records) => this.#onRecords(from, records),
      gone: (from, wrong) => {
        this.#clients.delete(from)
        if (wrong !== null) this.#tally.add(wrong, from.address)
      },
    })
    this.#clients.add(client)
    if (this.#stalled) client.farewell()
    else client.hold(this.#held || this.#closed)
  }

  #onRecords(client: Client, records: readonly Received[]): void {
    const node = this.#options.nodeFromAddress ? nodeOf(client.address) : null
    const since = performance.now()
    const lines: Buffer[] = []
    let waiting = 0
    for (const { text, sequence } of records) {
      const line = lineOf(text, node)
      if (line !== null) lines.push(line)
      this.#taken += line?.length ?? 0
      if (sequence === null) continue
      waiting++
      this.#waiting.push({ client, sequence, end: this.#taken, since })
    }
    client.wait(waiting)
    if (lines.length > 0) this.#options.take(Buffer.concat(lines))
    else if (this.#done === this.#taken) this.done(this.#done, true)
  }

  #look(now: number): void {
    const oldest = this.#waiting[0]
    if (oldest !== undefined && now - oldest.since > STALL_MS) this.#stall()
    for (const client of this.#clients) client.look(now)
    this.#tally.tell(now)
  }

  /** Nothing is kept any more: nobody waits in vain, and who comes is sent away until something is. */
  #stall(): void {
    this.#stalled = true
    this.#refuse(this.#waiting.splice(0))
    for (const client of this.#clients) if (client.isManaged) client.farewell()
  }

  /** These records may be lost: their clients keep them and come back. */
  #refuse(waiting: readonly Waiting[]): void {
    if (waiting.length > 0) this.#tally.add('records could not be kept and have to be sent again')
    for (const { client } of waiting) client.farewell()
  }
}
