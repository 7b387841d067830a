import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

/** docker-compose.yml says what it should, held without an engine. */

const ROOT = resolve(import.meta.dirname, '..')
const FILE = join(ROOT, 'docker-compose.yml')

interface Service {
  readonly image: string
  readonly ports?: readonly string[]
  readonly environment?: Readonly<Record<string, string | number>>
  readonly healthcheck?: { readonly test: string; readonly retries: number }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly command?: readonly string[]
}

const { services } = parse(readFileSync(FILE, 'utf8')) as {
  readonly services: Readonly<Record<'kafka' | 'topics', Service>>
}
const { kafka, topics } = services
const environment = kafka.environment ?? {}

/** A constant of scripts/broker, as that file has it. */
async function broker<T>(file: string, name: string): Promise<T> {
  const module = (await import(join(ROOT, 'scripts/broker', file))) as Record<string, T>
  return module[name]
}

describe('docker-compose.yml', () => {
  it('runs the version of Kafka that the tests run', async () => {
    const image = `apache/kafka:${await broker<string>('jars.mjs', 'VERSION')}`
    expect([kafka.image, topics.image]).toEqual([image, image])
  })

  it('is reached on the loopback interface alone, at the address it gives out', () => {
    expect(kafka.ports).toEqual(['127.0.0.1:9092:9092'])
    expect(topics.ports).toBeUndefined()
    expect(environment['KAFKA_ADVERTISED_LISTENERS']).toContain('HOST://127.0.0.1:9092')
  })

  it('is broker and controller in one, and every listener has a protocol', () => {
    expect(environment['KAFKA_PROCESS_ROLES']).toBe('broker,controller')
    const listeners = String(environment['KAFKA_LISTENERS']).split(',')
    const protocols = String(environment['KAFKA_LISTENER_SECURITY_PROTOCOL_MAP']).split(',')
    expect(protocols).toEqual(listeners.map((listener) => listener.replace(/:.*/, ':PLAINTEXT')))
  })

  it('makes its topics when Kafka is healthy, those of scripts/broker and no others', async () => {
    expect(kafka.healthcheck?.test).toContain('kafka-broker-api-versions.sh')
    expect(kafka.healthcheck?.retries).toBeGreaterThan(0)
    expect(topics.depends_on).toEqual({ kafka: { condition: 'service_healthy' } })
    expect(environment['KAFKA_AUTO_CREATE_TOPICS_ENABLE']).toBe('false')
    const made = Array.from(topics.command?.[0].matchAll(/^make (\S+) (\d+)$/gm) ?? [], (match) => [
      match[1],
      Number(match[2]),
    ])
    expect(Object.fromEntries(made)).toEqual(await broker('admin.mjs', 'TOPICS'))
  })

  it.skipIf(!hasCompose())('is one that docker compose reads', () => {
    const names = execFileSync('docker', ['compose', '-f', FILE, 'config', '--services'], {
      encoding: 'utf8',
    })
    expect(names.trim().split('\n').toSorted()).toEqual(['kafka', 'topics'])
  })
})

function hasCompose(): boolean {
  const has = spawnSync('docker', ['compose', 'version']).status === 0
  if (!has) console.warn('docker-compose.yml is not read by docker compose: not installed here')
  return has
}
