import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { settingsOf } from '../../src/config/load.ts'
import type { Log } from '../../src/log.ts'
import { startFeed } from '../../src/service/feed.ts'
import type { Shim } from '../../src/shim/shim.ts'
import { freePort } from './audisp-remote.ts'
import { message, repliesIn } from './wire.ts'

const canMake = spawnSync('openssl', ['version']).status === 0
if (!canMake) console.error('receiving over TLS is not tested, missing: openssl')

let folder = ''
let shim: Shim | null = null
let port = 0
let warned: string[] = []

const LOG: Log = {
  debug: () => {},
  info: () => {},
  warn: (_fields, text) => warned.push(text),
  error: () => {},
}

const read = (name: string): Buffer => readFileSync(join(folder, name))

/** A key and a certificate that an authority of the test, or nobody, has signed. */
function certify(name: string, authority: string | null): void {
  const made = ['-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', `/CN=${name}`]
  const signed = authority === null ? [] : ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...kind, ...made, ...signed], {
    cwd: folder,
    stdio: 'ignore',
  })
  chmodSync(join(folder, `${name}.key`), 0o600)
}

function settings(more = '') {
  const tls = `{ certificate: ${folder}/server.crt, key: ${folder}/server.key, client_ca: ${folder}/ca.crt }`
  return settingsOf(`receive: { tls: ${tls} }\n${more}`, 'tls.yaml', {
    input: `tcp://127.0.0.1:${port}`,
    spool: { directory: folder },
  })
}

/** Connects with a client's certificate, or none; settles with what a record is answered. */
async function send(name: string | null): Promise<Buffer> {
  const client = name === null ? {} : { cert: read(`${name}.crt`), key: read(`${name}.key`) }
  const socket: TLSSocket = connect({
    port,
    host: '127.0.0.1',
    ca: read('ca.crt'),
    checkServerIdentity: () => undefined,
    ...client,
  })
  const chunks: Buffer[] = []
  let isOver = false
  socket.on('data', (bytes: Buffer) => {
    chunks.push(bytes)
    socket.end()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    isOver = true
  })
  socket.write(message('type=USER_CMD msg=audit(1.000:1): x=1', 7))
  await vi.waitFor(() => expect(isOver).toBe(true), 20_000)
  return Buffer.concat(chunks)
}

describe.skipIf(!canMake)('receiving over TLS', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'spillway-tls-'))
    certify('ca', null)
    certify('server', 'ca')
    certify('client', 'ca')
    certify('stranger', null)
    port = await freePort()
    shim = await startFeed(settings(), LOG)
  })
  afterAll(async () => {
    shim?.stop()
    await shim?.done
    rmSync(folder, { recursive: true })
  })

  it('takes a client whose certificate the authority has signed', async () => {
    expect(repliesIn(await send('client'))).toEqual([{ type: 0x4000_0000, sequence: 7 }])
    const segments = readdirSync(folder).filter((name) => name.endsWith('.seg'))
    expect(Buffer.concat(segments.map(read)).toString('latin1')).toContain(
      'node=127.0.0.1 type=USER_CMD',
    )
  })

  it.each([
    ['no certificate', null],
    ['a certificate of another authority', 'stranger'],
  ] as const)('refuses a client with %s', async (_what, name) => {
    expect(await send(name)).toEqual(Buffer.alloc(0))
  })

  it('refuses a client without TLS', async () => {
    const socket = connectPlain(port, '127.0.0.1')
    const chunks: Buffer[] = []
    let isOver = false
    socket.on('data', (bytes: Buffer) => chunks.push(bytes))
    socket.on('error', () => {})
    socket.on('close', () => {
      isOver = true
    })
    socket.write(message('type=USER_CMD msg=audit(1.000:1): x=1', 7))
    await vi.waitFor(() => expect(isOver).toBe(true), 20_000)
    expect(repliesIn(Buffer.concat(chunks)).filter(({ sequence }) => sequence === 7)).toEqual([])
    expect(warned.join('\n')).toMatch(/received connections: TLS: /)
  })

  it('refuses a key that others can use', async () => {
    chmodSync(join(folder, 'server.key'), 0o644)
    await expect(startFeed(settings(), LOG)).rejects.toThrow(/receive\.tls\.key: others may use/)
    chmodSync(join(folder, 'server.key'), 0o600)
  })
})

describe('receiving without TLS', () => {
  it('is warned of when other hosts can connect', async () => {
    const place = mkdtempSync(join(tmpdir(), 'spillway-plain-'))
    const free = await freePort()
    warned = []
    for (const [host, warnings] of [
      ['127.0.0.1', 0],
      ['0.0.0.0', 1],
    ] as const) {
      const feed = await startFeed(
        settingsOf('', 'f', { input: `tcp://${host}:${free}`, spool: { directory: place } }),
        LOG,
      )
      expect(warned.filter((text) => text.includes('plain text'))).toHaveLength(warnings)
      feed?.stop()
      await feed?.done
    }
    rmSync(place, { recursive: true })
  })
})
