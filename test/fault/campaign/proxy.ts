import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** A TCP proxy on the loopback interface that may be slow, and cut off who is connected. */
export class TcpProxy {
  /** Milliseconds that each piece of a stream is held back. */
  delay = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #target = 0

  private constructor() {
    this.#server = createServer((client) => {
      const server = connect(this.#target, '127.0.0.1')
      void this.#join(client, server)
      void this.#join(server, client)
    })
  }

  static async open(): Promise<TcpProxy> {
    const proxy = new TcpProxy()
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Where connections lead from now on. */
  lead(port: number): void {
    this.#target = port
  }

  /** Cuts off all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  close(): void {
    this.#server.close()
    this.cut()
  }

  async #join(from: Socket, to: Socket): Promise<void> {
    this.#sockets.add(from)
    const held = async function* (this: TcpProxy, pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        if (this.delay > 0) await sleep(this.delay)
        yield piece
      }
    }.bind(this)
    try {
      await pipeline(from, held, to)
    } catch {
      // One end is gone, and so is the other.
      from.destroy()
      to.destroy()
    } finally {
      this.#sockets.delete(from)
    }
  }
}
