import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeSegmentHeader, FrameType } from '../../src/spool/format.ts'
import { endsWith, until, withAuditd } from './auditd.ts'
import { getppidRule, mixedRules, status, unavailable } from './kernel.ts'
import { spooled } from './spooled.ts'

const SHIM = fileURLToPath(new URL('../../dist/spillway-shim', import.meta.url))
/** Three records each; in the binary format auditd up to 4.1.0 makes 9 KB of every record. */
const BURST = { string: 20_000, binary: 2_000 }
const CAUGHT_UP_MS = 10_000

const reason = unavailable() ?? (existsSync(SHIM) ? null : 'the shim is not built (npm run build)')
if (reason)
  console.warn(`kernel tests are left out: ${reason} (shim: as a plugin of a real auditd)`)

/** What auditd gave the shim and a recorder beside it, and what came of it. */
interface Taken {
  readonly recorded: Buffer
  readonly spooled: Buffer
  readonly gaps: number
  readonly lost: number
  readonly epochs: number
}

/** Waits until the spool holds a text. */
function caughtUp(spool: string, marker: string): Promise<void> {
  return until(
    () => existsSync(newest(spool)) && endsWith(newest(spool), marker),
    CAUGHT_UP_MS,
    () => 'the shim did not catch up',
  )
}

function take(format: 'string' | 'binary', load: 'mixed' | 'getppid'): Promise<Taken> {
  const plugins = [
    { name: 'recorder', format },
    { name: 'shim', format, program: SHIM, args: (dir: string) => `--spool=${dir}/spool` },
  ]
  return withAuditd({ logFormat: 'ENRICHED', plugins }, async (auditd) => {
    const spool = join(auditd.dir, 'spool')
    const before = status().get('lost') ?? 0
    if (load === 'mixed') mixedRules(auditd)
    else getppidRule(auditd)
    await auditd.load(load, load === 'mixed' ? 3 : BURST[format])
    const marker = await auditd.settle()
    await caughtUp(spool, marker)
    const { data, frames } = spooled(spool)
    return {
      recorded: readFileSync(auditd.recorded('recorder')),
      spooled: data,
      gaps: frames[FrameType.Gap],
      lost: (status().get('lost') ?? 0) - before,
      epochs: readdirSync(spool).filter((name) => name.endsWith('-00000000.seg')).length,
    }
  })
}

/** The segment that is written to. */
function newest(spool: string): string {
  const names = readdirSync(spool).filter((name) => name.endsWith('.seg'))
  return join(spool, names.toSorted().at(-1) ?? 'none')
}

describe.skipIf(reason).each([
  ['string', 'mixed'],
  ['binary', 'mixed'],
  ['string', 'getppid'],
  ['binary', 'getppid'],
] as const)('the shim as a %s plugin under a load of %s', (format, load) => {
  let taken: Taken
  beforeAll(async () => {
    taken = await take(format, load)
  })

  it('spools what a recorder beside it got, byte for byte', () => {
    expect(taken.spooled.length).toBe(taken.recorded.length)
    expect(taken.spooled.equals(taken.recorded)).toBe(true)
  })

  it('costs the kernel no record', () => {
    expect(taken.lost).toBe(0)
    expect(taken.gaps).toBe(0)
  })

  it('is started once', () => {
    expect(taken.epochs).toBe(1)
  })

  it('has taken the whole load', () => {
    const events = taken.spooled.toString('latin1').split('type=EOE').length - 1
    expect(events).toBeGreaterThanOrEqual(load === 'getppid' ? BURST[format] : 100)
  })
})

describe.skipIf(reason)('a shim that is killed', () => {
  it('is started again by auditd, and what came before and after is in two epochs', async () => {
    const plugins = [
      { name: 'recorder', format: 'string' as const },
      {
        name: 'shim',
        format: 'string' as const,
        program: SHIM,
        args: (dir: string) => `--spool=${dir}/spool`,
      },
    ]
    await withAuditd({ logFormat: 'RAW', plugins }, async (auditd) => {
      const spool = join(auditd.dir, 'spool')
      await caughtUp(spool, await auditd.settle())
      process.kill(writerOf(newest(spool)), 'SIGKILL')
      await auditd.load('users')
      await caughtUp(spool, await auditd.settle())
      expect(readdirSync(spool).filter((name) => name.endsWith('-00000000.seg')).length).toBe(2)
      const { data } = spooled(spool)
      expect(data.toString('latin1')).toBe(readFileSync(auditd.recorded('recorder'), 'latin1'))
    })
  })
})

/** The process that a segment says it is of. */
function writerOf(segment: string): number {
  const header = decodeSegmentHeader(readFileSync(segment))
  if (typeof header === 'string') throw new Error(`${segment}: ${header}`)
  return header.pid
}
