import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Auditd, until, withAuditd } from './auditd.ts'
import { callRule, KEY, opensRule, unavailable } from './kernel.ts'
import { inside, type Line, withService } from './service.ts'
import { SHIM_PLUGIN, unbuilt } from './shim-plugin.ts'
import { arrange, noUsers } from './users.ts'

/** Number of the system call getuid (x86_64). */
const GETUID = 102
/** Opens a second of who floods, and of somebody else under the same key, and calls of another key. */
const FLOODS = 1500
const GOES_ON = 100
const PACE = 200
/** What is usual is seen for so long before the flood, which takes so long. */
const USUAL_MS = 8000
const FLOOD_MS = 5000
const STARTED_MS = 1500
const TOLD_MS = 30_000

const reason = unavailable() ?? noUsers() ?? unbuilt
if (reason) console.warn(`kernel tests are left out: ${reason} (attribution: who makes a flood)`)

/** Floods a key while another goes on; gives the alerts of floods, and where it was. */
async function flood(): Promise<{ alerts: Line[]; dir: string }> {
  const setup = { logFormat: 'RAW', plugins: [SHIM_PLUGIN], arrange } as const
  return withAuditd(setup, (auditd) =>
    withService(auditd, ['audit_control', 'syslog'], async (beside) => {
      const alerts = (): Line[] => beside.alerts('flood.start')
      await load(auditd)
      await until(
        () => alerts().length > 0,
        TOLD_MS,
        () => 'no flood was told',
      )
      return { alerts: alerts(), dir: auditd.dir }
    }),
  )
}

async function load(auditd: Auditd): Promise<void> {
  for (const folder of ['floods', 'goes-on']) {
    mkdirSync(join(auditd.dir, folder))
    writeFileSync(join(auditd.dir, folder, 'file'), '')
  }
  opensRule(auditd)
  callRule(auditd, 'getuid')
  await sleep(STARTED_MS)
  const ms = USUAL_MS + FLOOD_MS
  const goOn = [
    auditd.load('calls', `${GETUID}:${PACE}:${PACE}:${ms}`),
    auditd.load('opens', `4343:goes-on:${GOES_ON}:${ms}`),
  ]
  await sleep(USUAL_MS)
  await auditd.load('opens', `4242:floods:${FLOODS}:${FLOOD_MS}`)
  await Promise.all(goOn)
}

describe.skipIf(reason)('a flood on a real kernel', () => {
  let told: { alerts: Line[]; dir: string }
  beforeAll(async () => {
    told = await flood()
  })

  /** The first of a kind in the evidence. */
  const first = (kind: string): Line => {
    const origins = inside(inside(told.alerts[0], 'evidence'), 'origins')
    return (origins[kind] as Line[])[0]
  }

  it('is told of its key alone, though another goes on', () => {
    const keys = told.alerts.map((alert) => inside(alert, 'evidence')['key'])
    expect(keys).toEqual([`${KEY}-opens`])
  })

  it('is told with the program, login id, call, directory and parent that make it', () => {
    // A prefix has three parts at most, however deep the temporary folder is.
    const path = join(told.dir, 'floods').split('/').slice(0, 4).join('/')
    const made = {
      program: join(told.dir, 'bin', 'load'),
      user: 'auid 4242',
      call: 'openat',
      path,
    }
    for (const [kind, name] of Object.entries(made)) expect(first(kind)).toMatchObject({ name })
    expect(first('parent')).toMatchObject({ name: `pid ${process.pid}` })
    expect(first('together')).toMatchObject(made)
  })

  it('is told with their share, without that of somebody else under the same key', () => {
    const { seconds, events } = inside(told.alerts[0], 'evidence') as Readonly<
      Record<string, number>
    >
    const truth = 1 - (GOES_ON * seconds) / events
    for (const kind of ['user', 'path', 'together'])
      expect(Math.abs(Number(first(kind)['share']) - truth), kind).toBeLessThan(0.05)
  })
})
