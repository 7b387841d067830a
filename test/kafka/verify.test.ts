import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Verdict } from '../../src/verify/audit.ts'
import { spillway } from '../cli/spillway.ts'
import { make } from '../generate/made.ts'
import { broker, brokers, textOf } from './open-sink.ts'
import { freshTopics, type Topics, unmadeTopics } from './topics.ts'

/** Events that the plugin never got, of all there were. */
const LOST = { first: 2000, count: 150 }
const EVENTS = 6000

const folder = mkdtempSync(join(tmpdir(), 'spillway-kafka-verify-'))
afterAll(() => rmSync(folder, { recursive: true }))
const config = join(folder, 'spillway.yaml')

function configure(topics: Topics): void {
  const kafka = { brokers: brokers.split(','), topics }
  const spool = { directory: join(folder, 'spool') }
  writeFileSync(config, JSON.stringify({ node: 'web-01', spool, output: 'kafka', kafka }))
}

async function verify(
  ...args: readonly string[]
): Promise<{ code: number | null; verdict: Verdict }> {
  const { code, out } = await spillway(['verify', '--json', '--config', config, ...args])
  return { code, verdict: JSON.parse(out) as Verdict }
}

describe.skipIf(brokers === '')('what a topic says is missing', () => {
  let log = ''
  let topics: Topics
  beforeAll(async () => {
    topics = await freshTopics(broker)
    configure(topics)
    const { bytes } = make({ events: EVENTS, interleave: 0, mix: { open: 3, exec: 1 } })
    const text = bytes.toString('latin1')
    const ends = [...text.matchAll(/^type=EOE.*\n/gm)].map(
      ({ index, 0: line }) => index + line.length,
    )
    const [from, to] = [ends[LOST.first], ends[LOST.first + LOST.count]]
    log = join(folder, 'audit.log')
    writeFileSync(log, text.replaceAll(/^type=EOE.*\n/gm, ''), 'latin1')
    const args = ['run', '--config', config, '--input', '-']
    const input = Buffer.from(text.slice(0, from) + text.slice(to), 'latin1')
    const { code, err } = await spillway(args, input)
    expect([code, err]).toEqual([0, expect.stringContaining('"stopped"')])
  })

  it('is found by verify, which reads rates and events from Kafka', async () => {
    const { code, verdict } = await verify('kafka', '--events', 'kafka')
    expect(code).toBe(7)
    const { findings, closed } = verdict
    expect(closed).toEqual([])
    expect(findings.map(({ cause }) => cause)).toEqual(findings.map(() => 'gap'))
    expect(findings.reduce((sum, { count }) => sum + (count ?? 0), 0)).toBe(LOST.count)
  })

  it('is brought back into Kafka by reconcile, and closed then', async () => {
    // Events and alerts come from Kafka too: that is where the configuration has them go.
    const args = ['--config', config, '--output', 'kafka', log]
    const { code, out } = await spillway(['reconcile', ...args])
    expect([code, out]).toEqual([
      0,
      expect.stringContaining(`${LOST.count} events brought back, 0 still missing`),
    ])
    const recovered = (await textOf(topics.events))
      .split('\n')
      .filter((line) => line.includes('"recovered":true'))
    expect(recovered.length).toBe(LOST.count)
    const { code: after, verdict } = await verify('kafka', '--events', 'kafka')
    expect(after).toBe(0)
    expect(verdict).toMatchObject({ complete: true, findings: [] })
    expect(verdict.closed.reduce((sum, { count }) => sum + (count ?? 0), 0)).toBe(LOST.count)
  })

  it('is a mistake in one line where the topic is not there, or the output another', async () => {
    configure(unmadeTopics())
    const { code, err } = await spillway(['verify', '--config', config, 'kafka'])
    expect([code, err]).toEqual([
      3,
      expect.stringMatching(/^spillway: cannot read the topic .*\n$/),
    ])
    writeFileSync(config, 'output: stdout\n')
    const { code: other } = await spillway(['verify', '--config', config, 'kafka'])
    expect(other).toBe(2)
  })
})
