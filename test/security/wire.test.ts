import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Client } from '../../src/receive/client.ts'
import { message } from '../receive/wire.ts'

let server: Server
let peer: Socket
let client: Client
let records: number
let wrong: string | null
beforeEach(async () => {
  records = 0
  wrong = null
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
