import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Client } from '../../src/receive/client.ts'
import { heartbeat, message } from '../receive/wire.ts'

let server: Server
let peer: Socket
let client: Client
let records: number
let wrong: string | null
let isGone: boolean
beforeEach(async () => {
  records = 0
  wrong = null
  isGone = false
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const address = server.address()
  peer = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1')
  peer.on('error', () => {})
  const [socket] = (await accepted) as [Socket]
  client = new Client(socket, 0, {
    records: (_from, taken) => {
      records += taken.length
    },
    gone: (_from, why) => {
      wrong = why
      isGone = true
    },
  })
})
afterEach(() => {
  peer.destroy()
  client.close(null)
  server.close()
})

/** Sends some bytes and waits until they are read. */
async function send(bytes: Buffer): Promise<void> {
  peer.write(bytes)
  await new Promise((resolve) => setTimeout(resolve, 30))
}

describe('a client that reads nothing', () => {
  it('is let go ten seconds after it was told to go', async () => {
    peer.pause()
    const heartbeats = Buffer.concat(Array.from({ length: 10_000 }, (_, n) => heartbeat(n)))
    // Until no buffer takes any more: the replies that nobody reads have it read no further.
    for (let left = 100; left > 0 && peer.writableLength < 1_000_000; left--) await send(heartbeats)
    expect(peer.writableLength).toBeGreaterThan(0)
    client.farewell()
    client.look(1)
    await send(Buffer.alloc(0))
    expect(isGone).toBe(false)
    client.look(10_002)
    await vi.waitFor(() => expect(isGone).toBe(true))
  })
})

describe('a client that sends a byte now and then', () => {
  it('is sent away when a message has taken its 30 s, however alive it looks', async () => {
    const bytes = message('type=A', 1)
    for (const [n, byte] of [...bytes.subarray(0, 5)].entries()) {
      await send(Buffer.of(byte))
      client.look(1 + n * 10_000)
    }
    await vi.waitFor(() => expect(wrong).toBe('a message unfinished for 30 s'))
    expect(records).toBe(0)
  })

  it('stays as long as messages come to their end', async () => {
    const bytes = message('type=A', 1)
    await send(bytes.subarray(0, 5))
    for (let n = 0; n < 5; n++) {
      client.look(1 + n * 20_000)
      await send(Buffer.concat([bytes.subarray(5), bytes.subarray(0, 5)]))
    }
    expect([records, wrong]).toEqual([5, null])
  })
})
