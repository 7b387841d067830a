/** Where a receiver listens. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

const ADDRESS = /^tcp:\/\/(?:\[([0-9a-f:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})?)):(\d{1,5})$/i

/** Reads `tcp://HOST:PORT`, HOST an address or name, IPv6 in brackets; null for anything else. */
export function parseListenAddress(text: string): ListenAddress | null {
  const [, v6, name, digits] = ADDRESS.exec(text) ?? []
  const port = Number(digits)
  if (!(port >= 1 && port <= 65_535)) return null
  return { host: v6 ?? name, port }
}

/** Only processes of this host can connect there. */
export function isLoopback({ host }: ListenAddress): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
