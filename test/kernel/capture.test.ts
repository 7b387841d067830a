import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Setup, withAuditd } from './auditd.ts'
import { bag, type DecodedEvent, decode, events, text } from './decoded.ts'
import { execRules, KEY, mixedRules, unavailable } from './kernel.ts'

const reason = unavailable()
if (reason) console.warn(`kernel tests are left out: ${reason} (capture: streams of a real auditd)`)

const PLUGINS: Setup['plugins'] = [
  { name: 'string', format: 'string' },
  { name: 'binary', format: 'binary' },
]

/** What one run left: read before its folder is deleted. */
interface Captured {
  readonly log: string
  readonly raw: { readonly log: string; readonly string: string; readonly binary: string }
  readonly events: {
    readonly log: readonly DecodedEvent[]
    readonly string: readonly DecodedEvent[]
    readonly binary: readonly DecodedEvent[]
  }
}

/** Runs a load under a private auditd and decodes its three streams. */
function capture(logFormat: Setup['logFormat'], load: 'mixed' | 'long'): Promise<Captured> {
  return withAuditd({ logFormat, plugins: PLUGINS }, async (auditd) => {
    if (load === 'mixed') mixedRules(auditd)
    else execRules(auditd)
    await auditd.load(load, 4)
    if (load === 'mixed') await auditd.load('users')
    await auditd.settle()
    const files = {
      log: auditd.log,
      string: auditd.recorded('string'),
      binary: auditd.recorded('binary'),
    }
    return {
      log: text(files.log),
      raw: {
        log: decode('--format', 'raw', files.log),
        string: decode('--format', 'raw', files.string),
        binary: decode('--format', 'raw', files.binary),
      },
      events: {
        log: events(files.log),
        string: events(files.string),
        binary: events(files.binary),
      },
    }
  })
}

describe.skipIf(reason).each(['RAW', 'ENRICHED'] as const)('a live %s stream', (logFormat) => {
  let captured: Captured
  beforeAll(async () => {
    captured = await capture(logFormat, 'mixed')
  })

  it('has the same events in both plugin formats', () => {
    expect(captured.events.string.length).toBeGreaterThan(100)
    expect(captured.events.binary).toEqual(captured.events.string)
  })

  it("gives every line of auditd's log back unchanged", () => {
    const expected = bag(captured.log)
    expect(bag(captured.raw.log)).toEqual(expected)
    expect(bag(captured.raw.string)).toEqual(expected)
    expect(bag(captured.raw.binary)).toEqual(expected)
  })

  it('has whole events only, under the keys of their rules', () => {
    expect(captured.events.string.filter((event) => !event.EVENT.complete)).toEqual([])
    const keys = new Set(captured.events.string.flatMap((event) => event.EVENT.keys))
    for (const key of ['files', 'delete', 'denied', 'net', 'exec'])
      expect(keys, key).toContain(`${KEY}-${key}`)
  })
})

describe.skipIf(reason)('an execve with 2 MB of arguments', () => {
  let captured: Captured
  beforeAll(async () => {
    captured = await capture('ENRICHED', 'long')
  })
  afterAll(() => {
    captured = undefined as unknown as Captured
  })

  it.each(['log', 'string', 'binary'] as const)('is whole in one event from the %s', (stream) => {
    const long = captured.events[stream].filter((event) => (event.EXECVE?.ARGV.length ?? 0) > 10)
    expect(long.length).toBe(1)
    const argv = long[0]?.EXECVE?.ARGV.slice(1) ?? []
    expect(argv.map((argument) => argument.length)).toEqual(Array(15).fill(130_002))
    expect(argv[14]).toBe(`O ${'x'.repeat(130_000)}`)
    expect(long[0]?.EVENT.complete).toBe(true)
  })
})
