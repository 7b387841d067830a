import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Auditd, until, withAuditd } from './auditd.ts'
import { auditctl, getppidRule, KEY, status as kernelStatus, unavailable } from './kernel.ts'
import { SHIM_PLUGIN, unbuilt } from './shim-plugin.ts'
import { arrange, noUsers, startAs } from './users.ts'

const TOLD_MS = 60_000

const reason = unavailable() ?? noUsers() ?? unbuilt
if (reason)
  console.warn(
    `kernel tests are left out: ${reason} (tampering: auditing switched off, rules, auditd)`,
  )

type Line = Readonly<Record<string, unknown>>

function linesOf(file: string): Line[] {
  if (!existsSync(file)) return []
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return whole.map((line) => JSON.parse(line) as Line)
}

const evidence = (alert: Line): Line => alert['evidence'] as Line

/** Does to a kernel and its auditd what an attacker would; gives the alerts that a service makes of it. */
async function tamper(auditd: Auditd): Promise<readonly Line[]> {
  const { dir, pid } = auditd
  const watched = join(dir, 'run', 'watch.ndjson')
  const config = join(dir, 'spillway.yaml')
  const text = [
    'node: web-01',
    `spool: { directory: ${join(dir, 'spool')} }`,
    `output: ndjson:${join(dir, 'out')}`,
    `watch: { file: ${watched} }`,
    'log: { level: error }',
    '',
  ]
  writeFileSync(config, text.join('\n'))
  const wanted = join(dir, 'spool', 'state', 'wanted')
  const watch = ['watch', `--output=${watched}`, '--interval=1', `--wanted=${wanted}`]
  const children = [
    startAs('watch', watch, { capabilities: ['audit_control', 'syslog'], stderr: 'pipe' }),
    startAs('service', ['run', '--config', config]),
  ]
  const alerts = (): Line[] => linesOf(join(dir, 'out', 'alerts.ndjson'))
  const told = (what: string, is: (alert: Line) => boolean): Promise<void> =>
    until(
      () => alerts().some(is),
      TOLD_MS,
      () => `${what} was not told: ${JSON.stringify(alerts().map(({ text: said }) => said))}`,
    )
  try {
    getppidRule(auditd)
    await until(
      () =>
        linesOf(watched).some(({ kind, rules }) => kind === 'rules' && String(rules).includes(KEY)),
      TOLD_MS,
      () => 'the watcher does not list the rules',
    )
    await told('the new rule', ({ type }) => type === 'rules.changed')
    auditctl('-D')
    await told('that the rules are gone', (alert) => alert['severity'] === 'critical')
    await lose(auditd)
    auditctl('--reset-lost')
    const reset = (alert: Line): boolean =>
      alert['type'] === 'lost.reset' && evidence(alert)['by'] !== null
    await told('that the counter of losses was set back', reset)
    auditctl('-e', '0')
    const off = ({ type, status }: Line): boolean =>
      type === 'audit.disabled' && status === 'firing'
    await told('that auditing is off', off)
    auditctl('-e', '1')
    await told('that auditing is on', ({ status }) => status === 'resolved')
    process.kill(pid, 'SIGKILL')
    await told('that auditd is gone', ({ type }) => type === 'auditd.stopped')
    return alerts()
  } finally {
    for (const child of children) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }
}

/** Has the kernel lose some records, so that its counter is not zero. */
async function lose(auditd: Auditd): Promise<void> {
  if ((kernelStatus().get('lost') ?? 0) > 0) return
  auditctl('-b', '64')
  auditctl('--backlog_wait_time', '0')
  getppidRule(auditd)
  await auditd.load('getppid', 20_000)
  auditctl('-D')
}

describe.skipIf(reason)('tampering with a real kernel', () => {
  let alerts: readonly Line[]
  const of = (type: string): Line[] => alerts.filter((alert) => alert['type'] === type)
  beforeAll(async () => {
    alerts = await withAuditd({ logFormat: 'RAW', plugins: [SHIM_PLUGIN], arrange }, tamper)
  })

  it('by deleting its rules is told with what is gone and by whom', () => {
    const gone = of('rules.changed').find(({ severity }) => severity === 'critical') ?? {}
    expect(evidence(gone)).toMatchObject({
      added: [],
      gone: [expect.stringMatching(/^-a always,exit .*-S getppid .*-F key=spillway-test-getppid$/)],
      count: 0,
      by: [{ uid: 0, exe: '/usr/sbin/auditctl', ops: { remove_rule: 1 } }],
      keys: [`${KEY}-getppid`],
    })
  })

  it('by switching it off is told with who did it, and withdrawn', () => {
    const [off, on] = of('audit.disabled')
    expect(off).toMatchObject({ status: 'firing', severity: 'critical', ends_at: null })
    expect(evidence(off)['by']).toMatchObject({ uid: 0, exe: '/usr/sbin/auditctl' })
    expect(on).toMatchObject({ status: 'resolved' })
  })

  it('by setting its counter of losses back is told with who did it', () => {
    const [alert] = of('lost.reset').filter((told) => evidence(told)['by'] !== null)
    expect(evidence(alert)).toMatchObject({ lost: 0, by: { uid: 0, exe: '/usr/sbin/auditctl' } })
    expect(evidence(alert)['before']).toBeGreaterThan(0)
  })

  it('by killing auditd is told', () => {
    expect(of('auditd.stopped')).toMatchObject([
      { status: 'firing', severity: 'critical', evidence: { ending: 'killed', by: null } },
    ])
  })
})
