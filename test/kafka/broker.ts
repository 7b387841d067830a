/**
 * Real brokers for tests, by scripts/broker.mjs. Each goes when its test file is over or its process
 * has died, however it did.
 */

import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const SCRIPT = fileURLToPath(new URL('../../scripts/broker.mjs', import.meta.url))
const run = promisify(execFile)

/** Properties of librdkafka. */
export type Properties = Readonly<Record<string, string>>

/** A broker of one's own. */
export interface Broker {
  /** What KAFKA_BROKERS would say. */
  readonly brokers: string
  /** What the user `spillway` connects with. */
  readonly client: Properties
  /** What a user connects with who may do everything. */
  readonly admin: Properties
  /** Port of the listener behind a proxy, with `--proxy`. */
  readonly proxied: number
  readonly dir: string
  readonly pid: () => number
  /** Starts it again after `stop`, with the port and the messages it had. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  /** With `--acl`: lets the user `spillway` write a topic, or no longer. */
  readonly allow: (topic: string) => Promise<void>
  readonly deny: (topic: string) => Promise<void>
  /** With `--acl`: lets the user `spillway` read a topic too. */
  readonly allowReading: (topic: string) => Promise<void>
  /** Stops it for good and removes all it had. */
  readonly end: () => Promise<void>
}

/** Why there can be no broker here, or null. Gets what one is made of where that is missing. */
export function whyNoBroker(): string | null {
  try {
    execFileSync(process.execPath, [SCRIPT, 'fetch'], { encoding: 'utf8', stdio: 'pipe' })
    return null
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr).trim()
  }
}

/** Starts a broker with its topics; options as the script takes them. */
export async function startBroker(...options: readonly string[]): Promise<Broker> {
  const dir = mkdtempSync(join(tmpdir(), 'spillway-broker-'))
  const script = async (...args: readonly string[]): Promise<string> =>
    (await run(process.execPath, [SCRIPT, ...args, '--dir', dir])).stdout
  const end = endWithThis(dir)
  try {
    const said = await script('start', ...options)
    const read = (name: string): string => readFileSync(join(dir, name), 'utf8')
    return {
      brokers: said.trim().replace('KAFKA_BROKERS=', ''),
      client: JSON.parse(read('client.json')) as Properties,
      admin: JSON.parse(read('admin.json')) as Properties,
      proxied: (JSON.parse(read('broker.json')) as { proxied: number }).proxied,
      dir,
      pid: () => Number(read('pid')),
      start: async () => void (await script('start')),
      stop: async () => void (await script('stop')),
      allow: async (topic) => void (await script('allow', topic)),
      deny: async (topic) => void (await script('deny', topic)),
      allowReading: async (topic) => void (await script('allow', topic, '--read')),
      end,
    }
  } catch (error) {
    await end()
    throw error
  }
}

/**
 * A process that ends the broker as soon as its standard input is closed, which the death of this
 * process does too. Gives what closes it.
 */
function endWithThis(dir: string): () => Promise<void> {
  const wait = 'cat >/dev/null; exec "$0" "$@"'
  const keeper = spawn('sh', ['-c', wait, process.execPath, SCRIPT, 'reset', '--dir', dir], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  })
  return async () => {
    if (keeper.exitCode !== null) return
    const over = once(keeper, 'exit')
    keeper.stdin.end()
    await over
    rmSync(dir, { recursive: true, force: true })
  }
}
