import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { until, withAuditd } from './auditd.ts'
import { callRule, KEY, status, unavailable } from './kernel.ts'
import { inside, type Line, lost, withService } from './service.ts'
import { SHIM_PLUGIN, unbuilt } from './shim-plugin.ts'
import { arrange, noUsers } from './users.ts'

/** Events that fill a backlog of 64 at once. */
const BURST = 5000
const TOLD_MS = 30_000
const STARTED_MS = 1500
/** Jiffies that a burst does not wait by itself: 10 s of the fewest that a second has. */
const ASTRAY = 1000

const reason = unavailable() ?? noUsers() ?? unbuilt
if (reason) console.warn(`kernel tests are left out: ${reason} (blocked: who waits for room)`)

const waited = (): number => Number(status().get('backlog_wait_time_actual'))

describe.skipIf(reason)('a burst that the kernel lets wait for room', () => {
  it('is told once as processes that wait, with the key that makes them, and loses nothing', async () => {
    const setup = { logFormat: 'RAW', plugins: [SHIM_PLUGIN], arrange, backlog: 64 } as const
    const { alerts, rise, more } = await withAuditd(setup, (auditd) =>
      withService(auditd, ['audit_control', 'syslog'], async (beside) => {
        callRule(auditd, 'getppid')
        await sleep(STARTED_MS)
        const [losses, before] = [lost(), waited()]
        await auditd.load('getppid', BURST)
        await auditd.settle()
        const told = (): Line[] => beside.alerts('audit.blocked')
        await until(
          () => told().length > 0,
          TOLD_MS,
          () => `nobody was told to wait, for ${waited() - before} jiffies`,
        )
        return { alerts: told(), rise: waited() - before, more: lost() - losses }
      }),
    )
    expect(more).toBe(0)
    expect(rise).toBeGreaterThan(25)
    // Whose wake-up went astray waits for longer than the minute after which it is taken to be over.
    const firing = alerts.filter((alert) => alert['status'] === 'firing')
    expect(firing).toHaveLength(1)
    expect(firing[0]).toMatchObject({ severity: 'warning' })
    const evidence = inside(firing[0], 'evidence')
    expect(evidence).toMatchObject({ backlog_limit: 64 })
    // A watcher that asks each second does take a wake-up meant for another now and then, which then waits for 60 s.
    if (rise >= ASTRAY) expect(['blocking', 'lost_wakeup']).toContain(evidence['cause'])
    else {
      expect(evidence['cause']).toBe('blocking')
      expect((evidence['shares'] as Line[])[0]).toMatchObject({ key: `${KEY}-getppid` })
    }
  })
})
