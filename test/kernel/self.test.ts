import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Auditd, until, withAuditd } from './auditd.ts'
import { auditctl, KEY, unavailable } from './kernel.ts'
import { SHIM_PLUGIN, unbuilt } from './shim-plugin.ts'
import { arrange, noUsers, startAs, uidOf } from './users.ts'

const TOLD_MS = 60_000
/** Seconds over which a loop is counted. */
const COUNTED_S = 5

const reason = unavailable() ?? noUsers() ?? unbuilt
if (reason) console.warn(`kernel tests are left out: ${reason} (self: a loop of our own records)`)

type Line = Readonly<Record<string, unknown>>

function linesOf(file: string): Line[] {
  if (!existsSync(file)) return []
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return whole.map((line) => JSON.parse(line) as Line)
}

/** Events a second while a loop runs, once it is broken, and once the rule of its alert is there. */
interface Looped {
  readonly alert: Line
  readonly running: number
  readonly broken: number
  readonly excluded: number
}

/** Has a service audited for how it reads the spool and what it writes, whose output then says so. */
async function loop(auditd: Auditd): Promise<Looped> {
  const { dir } = auditd
  const config = join(dir, 'spillway.yaml')
  const text = [
    'node: web-01',
    `spool: { directory: ${join(dir, 'spool')} }`,
    `output: ndjson:${join(dir, 'out')}`,
    'log: { level: warn }',
    '',
  ]
  writeFileSync(config, text.join('\n'))
  const service = startAs('service', ['run', '--config', config], { stderr: 'pipe' })
  let said = ''
  service.stderr?.on('data', (chunk) => {
    said += String(chunk)
  })
  const events = (): number => linesOf(join(dir, 'out', 'events.ndjson')).length
  const alert = (): Line | undefined =>
    linesOf(join(dir, 'out', 'alerts.ndjson')).find(({ type }) => type === 'self.flood')
  const rate = async (): Promise<number> => {
    const before = events()
    await sleep(COUNTED_S * 1000)
    return (events() - before) / COUNTED_S
  }
  try {
    // Reads as well: one write for each of 50 looks a second makes little more than a loop has to.
    const calls = 'always,exit -F arch=b64 -S pread,write,pwrite,writev'
    const rule = `-a ${calls} -F uid=${uidOf('service')} -k ${KEY}-self`
    auditctl(...rule.split(' '))
    // One event is enough: who delivers it makes the next.
    auditctl('-m', 'spillway begin')
    await until(
      () => events() > 100,
      TOLD_MS,
      () => `there is no loop: ${events()} events`,
    )
    const from = { events: events(), at: performance.now() }
    await until(
      () => said.includes('the spool is read once a second'),
      TOLD_MS,
      () => `the loop was not broken: ${said}`,
    )
    const running = ((events() - from.events) * 1000) / (performance.now() - from.at)
    await sleep(2000)
    const broken = await rate()
    await until(
      () => alert() !== undefined,
      TOLD_MS,
      () => 'the loop was not told',
    )
    const told = alert() as Line
    const rules = (told['evidence'] as Line)['rules'] as string[]
    for (const exclusion of rules) auditctl(...exclusion.split(' '))
    await sleep(3000)
    return { alert: told, running, broken, excluded: await rate() }
  } finally {
    service.kill('SIGTERM')
    await once(service, 'exit')
  }
}

describe.skipIf(reason)('a rule that audits what the service reads and writes', () => {
  let looped: Looped
  beforeAll(async () => {
    looped = await withAuditd({ logFormat: 'RAW', plugins: [SHIM_PLUGIN], arrange }, loop)
  })

  it('is told with our share and the rule key', () => {
    expect(looped.alert).toMatchObject({ status: 'firing', node: 'web-01' })
    expect(looped.alert['evidence']).toMatchObject({ keys: [`${KEY}-self`] })
  })

  it('makes a loop that is broken to a fraction', () => {
    expect(looped.running).toBeGreaterThan(20)
    expect(looped.broken).toBeLessThan(looped.running / 2)
  })

  it('does nothing any more behind the rules that the alert gives', () => {
    expect(looped.excluded).toBeLessThan(1)
  })
})
