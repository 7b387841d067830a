import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { Listener, type ListenOptions } from '../../src/receive/listener.ts'
import { MessageType } from '../../src/receive/wire.ts'
import { heartbeat, message, repliesIn } from './wire.ts'

let listeners: Listener[] = []
let sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  for (const listener of listeners) {
    listener.close()
    listener.farewell()
  }
  listeners = []
  sockets = []
})

/** A listener, what it took, and what it warned of. */
interface Receiver {
  readonly listener: Listener
  taken: string
  warned: string
}

async function receive(options: Partial<ListenOptions> = {}): Promise<Receiver> {
  const listener = new Listener({
    at: { host: '127.0.0.1', port: 0 },
    nodeFromAddress: false,
    maxConnections: 100,
    maxConnectionsPerAddress: 100,
    idleMs: 0,
    tls: null,
    take: (lines) => {
      receiver.taken += lines.toString()
    },
    warn: (text) => {
      receiver.warned += `${text}\n`
    },
    ...options,
  })
  const receiver: Receiver = { listener, taken: '', warned: '' }
  await listener.open()
  listeners.push(listener)
  return receiver
}

/** A connection, with what it was told; `port` of a receiver. */
interface Peer {
  readonly socket: Socket
  readonly heard: Buffer
  isOver: boolean
}

async function peerOf({ listener }: Receiver): Promise<Peer> {
  const socket = connect(listener.port, '127.0.0.1')
  sockets.push(socket)
  const chunks: Buffer[] = []
  const peer: Peer = {
    socket,
    get heard() {
      return Buffer.concat(chunks)
    },
    isOver: false,
  }
  socket.on('data', (bytes: Buffer) => chunks.push(bytes))
  socket.on('error', () => {})
  socket.on('close', () => {
    peer.isOver = true
  })
  await once(socket, 'connect')
  return peer
}

const lines = (text: string): number => text.split('\n').length - 1
const ack = (sequence: number): object => ({ type: MessageType.Ack, sequence })

describe('a receiver', () => {
  it('acknowledges a record when it is kept, and no earlier', async () => {
    const receiver = await receive()
    const peer = await peerOf(receiver)
    peer.socket.write(message('type=A', 5))
    peer.socket.write(message('type=B\n', 6))
    await vi.waitFor(() => expect(receiver.taken).toBe('type=A\ntype=B\n'))
    receiver.listener.done('type=A\n'.length + 3, true)
    await vi.waitFor(() => expect(repliesIn(peer.heard)).toEqual([ack(5)]))
    await sleep(50)
    expect(repliesIn(peer.heard)).toEqual([ack(5)])
    receiver.listener.done(receiver.taken.length, true)
    await vi.waitFor(() => expect(repliesIn(peer.heard)).toEqual([ack(5), ack(6)]))
  })

  it('acknowledges each client what is its own', async () => {
    const receiver = await receive()
    const peers = [await peerOf(receiver), await peerOf(receiver), await peerOf(receiver)]
    for (const [n, { socket }] of peers.entries()) socket.write(message(`type=${n}`, 100 + n))
    await vi.waitFor(() => expect(lines(receiver.taken)).toBe(3))
    receiver.listener.done(receiver.taken.length, true)
    for (const [n, peer] of peers.entries())
      await vi.waitFor(() => expect(repliesIn(peer.heard)).toEqual([ack(100 + n)]))
  })

  it('answers a heartbeat at once, and an empty record', async () => {
    const receiver = await receive()
    const peer = await peerOf(receiver)
    peer.socket.write(Buffer.concat([heartbeat(9), message('', 10)]))
    await vi.waitFor(() =>
      expect(repliesIn(peer.heard)).toEqual(expect.arrayContaining([ack(9), ack(10)])),
    )
    expect(receiver.taken).toBe('')
  })

  it('sends a client away whose record may be lost, without an acknowledgement', async () => {
    const receiver = await receive()
    const peer = await peerOf(receiver)
    peer.socket.write(message('type=A', 5))
    await vi.waitFor(() => expect(lines(receiver.taken)).toBe(1))
    receiver.listener.done(receiver.taken.length, false)
    await vi.waitFor(() => expect(peer.isOver).toBe(true))
    expect(repliesIn(peer.heard)).toEqual([{ type: MessageType.Ending, sequence: 0 }])
  })

  it('sends clients away while nothing is kept, and takes them again when something is', async () => {
    const receiver = await receive()
    const ending = { type: MessageType.Ending, sequence: 0 }
    const peer = await peerOf(receiver)
    peer.socket.write(message('type=A', 5))
    await vi.waitFor(() => expect(peer.isOver).toBe(true), 10_000)
    expect(repliesIn(peer.heard)).toEqual([ending])
    const next = await peerOf(receiver)
    await vi.waitFor(() => expect(next.isOver).toBe(true))
    expect(repliesIn(next.heard)).toEqual([ending])
    receiver.listener.done(receiver.taken.length, true)
    const last = await peerOf(receiver)
    last.socket.write(message('type=A', 6))
    await vi.waitFor(() => expect(lines(receiver.taken)).toBe(2))
    receiver.listener.done(receiver.taken.length, true)
    await vi.waitFor(() => expect(repliesIn(last.heard)).toEqual([ack(6)]))
  })

  it('takes format ascii, with a last line that no line feed ends', async () => {
    const receiver = await receive({ nodeFromAddress: true })
    const peer = await peerOf(receiver)
    peer.socket.end('type=A\ntype=B')
    await vi.waitFor(() =>
      expect(receiver.taken).toBe('node=127.0.0.1 type=A\nnode=127.0.0.1 type=B\n'),
    )
  })

  it('tells every client that it ends', async () => {
    const receiver = await receive()
    const peer = await peerOf(receiver)
    peer.socket.write(heartbeat(1))
    await vi.waitFor(() => expect(peer.heard.length).toBe(16))
    receiver.listener.close()
    receiver.listener.farewell()
    await vi.waitFor(() => expect(peer.isOver).toBe(true))
    expect(repliesIn(peer.heard)[1]).toEqual({ type: MessageType.Ending, sequence: 0 })
  })

  it('has one line for a port that another program has', async () => {
    const { listener } = await receive()
    const second = receive({ at: { host: '127.0.0.1', port: listener.port } })
    await expect(second).rejects.toMatchObject({
      code: ExitCode.Input,
      message: `cannot listen on tcp://127.0.0.1:${listener.port}: another program listens there`,
    })
  })
})

describe('a receiver that is attacked', () => {
  it('closes what breaks the protocol, says so once with the address, and goes on', async () => {
    const receiver = await receive()
    const peer = await peerOf(receiver)
    const good = await peerOf(receiver)
    for (let n = 0; n < 20; n++) {
      const bad = await peerOf(receiver)
      bad.socket.write(Buffer.alloc(64, 0xfe))
      await vi.waitFor(() => expect(bad.isOver).toBe(true))
    }
    expect(receiver.warned).toMatch(/^received connections from 127\.0\.0\.1: no header [^\n]*\n$/)
    for (const { socket } of [peer, good]) socket.write(message('type=A', 1))
    await vi.waitFor(() => expect(lines(receiver.taken)).toBe(2))
  })

  it('takes no more connections than it may, and takes them again when others have left', async () => {
    const receiver = await receive({ maxConnectionsPerAddress: 3 })
    const peers = [await peerOf(receiver), await peerOf(receiver), await peerOf(receiver)]
    for (let n = 0; n < 50; n++) {
      const over = await peerOf(receiver)
      await vi.waitFor(() => expect(over.isOver).toBe(true))
    }
    expect(receiver.warned).toMatch(/max_connections_per_address reached/)
    peers[0].socket.destroy()
    await vi.waitFor(async () => {
      const again = await peerOf(receiver)
      again.socket.write(message('type=A', 1))
      await sleep(50)
      expect(receiver.taken).toBe('type=A\n')
    }, 5000)
  })

  it('closes a silent connection after its time', async () => {
    const receiver = await receive({ idleMs: 200 })
    const peer = await peerOf(receiver)
    await vi.waitFor(() => expect(peer.isOver).toBe(true), 5000)
    expect(receiver.warned).toMatch(/silent for 0\.2 s/)
  })

  it('reads no further from a client that sends on without waiting', async () => {
    const receiver = await receive()
    const peer = await peerOf(receiver)
    const many = Array.from({ length: 100_000 }, (_, n) => message('type=A', n))
    peer.socket.write(Buffer.concat(many))
    await vi.waitFor(() => expect(lines(receiver.taken)).toBeGreaterThan(256))
    await sleep(300)
    const before = lines(receiver.taken)
    // What was read when the limit was reached, one or two buffers of 64 KiB.
    expect(before).toBeLessThan(256 + (3 * 65_536) / 22)
    const other = await peerOf(receiver)
    other.socket.write(message('type=B', 1))
    await vi.waitFor(() => expect(receiver.taken).toMatch(/type=B\n$/))
    receiver.listener.done(receiver.taken.length, true)
    await vi.waitFor(() => expect(lines(receiver.taken)).toBeGreaterThan(before + 1))
  })

  it('reads no further from a client that does not read', async () => {
    const receiver = await receive()
    const peer = await peerOf(receiver)
    peer.socket.pause()
    const beats = Buffer.concat(Array.from({ length: 4096 }, (_, n) => heartbeat(n)))
    for (let n = 0; n < 512; n++) peer.socket.write(beats)
    await sleep(500)
    expect(peer.socket.writableLength).toBeGreaterThan(0)
    const other = await peerOf(receiver)
    other.socket.write(heartbeat(1))
    await vi.waitFor(() => expect(repliesIn(other.heard)).toEqual([ack(1)]))
    peer.socket.resume()
    await vi.waitFor(() => expect(peer.heard.length).toBe(512 * 4096 * 16), 20_000)
  })
})
