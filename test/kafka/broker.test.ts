import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Broker, startBroker, whyNoBroker } from './broker.ts'
import { consumed, produced, topicsOf } from './client.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/broker.mjs', import.meta.url))
const TOPICS = ['audit.alerts', 'audit.events', 'audit.rates', 'audit.raw', 'audit.rejects']
/** 127.0.0.1 in /proc/net/tcp, and as an IPv6 socket has it in tcp6. */
const LOOPBACK = ['0100007F', '0000000000000000FFFF00000100007F']

/** Runs the script; gives what it printed. */
function broker(...args: readonly string[]): string {
  return execFileSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8', stdio: 'pipe' })
}

/** The addresses at which somebody listens on a port, as /proc has them. */
function listening(port: string): string[] {
  const hex = Number(port).toString(16).toUpperCase().padStart(4, '0')
  return ['tcp', 'tcp6']
    .flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === '0A' && local.endsWith(`:${hex}`))
    .map(([, local]) => local.split(':')[0])
}

describe.skipIf(whyNoBroker() !== null)('the broker for tests', () => {
  let own: Broker
  beforeAll(async () => {
    own = await startBroker()
  })
  afterAll(() => own.end())

  it('is one, however often it is started', () => {
    const pid = own.pid()
    expect(broker('start', '--dir', own.dir)).toBe(`KAFKA_BROKERS=${own.brokers}\n`)
    expect(broker('check', '--dir', own.dir)).toBe(`KAFKA_BROKERS=${own.brokers}\n`)
    expect(own.pid()).toBe(pid)
  })

  it('has the topics from the beginning and makes none that is asked for', async () => {
    await expect(produced(own.client, 'audit.evnets', '')).rejects.toThrow('unknown topic')
    expect((await topicsOf(own.client)).toSorted()).toEqual(TOPICS)
  })

  it('listens on the loopback interface alone', () => {
    const listeners = readFileSync(join(own.dir, 'server.properties'), 'utf8').match(
      /^listeners=.*$/m,
    )
    const ports = Array.from(listeners?.[0].matchAll(/:(\d+)/g) ?? [], ([, port]) => port)
    expect(ports).toHaveLength(2)
    for (const port of ports) {
      expect(listening(port)).toHaveLength(1)
      expect(LOOPBACK).toContain(listening(port)[0])
    }
  })

  it('keeps its port and messages over its death', async () => {
    await produced(own.client, 'audit.raw', 'before')
    process.kill(own.pid(), 'SIGKILL')
    expect(() => broker('check', '--dir', own.dir)).toThrow('no broker answers')
    await own.start()
    expect((await consumed(own.client, 'audit.raw')).map(({ value }) => String(value))).toEqual([
      'before',
    ])
  })
})
