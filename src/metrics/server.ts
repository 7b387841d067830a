import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ListenAddress } from '../model/listen.ts'
import type { Status } from '../model/status.ts'
import { CONTENT_TYPE, metricsText } from './text.ts'

const PATH = '/metrics'
/** Connections at a time: a few scrapers, and nothing that could take the descriptors of the sink. */
const MOST_CONNECTIONS = 8
/** Milliseconds that a request may take to arrive. */
const REQUEST_MS = 5000

/** Answers `GET /metrics` with how the service stands at that moment, and nothing else. */
export class Metrics {
  readonly #server: Server
  readonly #status: () => Status

  constructor(status: () => Status) {
    this.#status = status
    const limits = { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }
    this.#server = createServer(limits, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
    this.#server.maxConnections = MOST_CONNECTIONS
  }

  /** Begins to answer; rejects where the address cannot be had. Returns the port. */
  async listen({ host, port }: ListenAddress): Promise<number> {
    this.#server.listen(port, host)
    await once(this.#server, 'listening')
    // What goes wrong with a scraper later is none of the service's business.
    this.#server.on('error', () => {})
    return (this.#server.address() as AddressInfo).port
  }

  /** Answers no more. */
  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (url !== PATH) {
      response.writeHead(404).end()
    } else if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
    } else {
      const text = await metricsText(this.#status())
      response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(text)
    }
  }
}
