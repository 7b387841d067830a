import { describe, expect, it } from 'vitest'
import type { Chosen, Room } from '../../src/cli/top-view.ts'
import { chosenBy, topLines } from '../../src/cli/top-view.ts'
import type { WrittenStatus } from '../../src/model/status.ts'
import { alertOf, originsOf, statusOf, windowsOf } from './status-file.ts'

const NOW = Date.parse('2026-01-02T03:04:12.000Z')
const USUAL = { columns: 80, rows: 24 }

/** A status that says the same each time: its process is the one that looks. */
function status(members: Partial<WrittenStatus> = {}): WrittenStatus {
  return statusOf({ time: '2026-01-02T03:04:11.000Z', ...members })
}

/** What a terminal shows: lines cut at its edges, floods and headings in bold as `*`. */
function screen(of: WrittenStatus, room: Room, chosen: Chosen | null = null): string {
  const lines = topLines(of, NOW, chosen, room)
  expect(lines.length).toBeLessThanOrEqual(room.rows)
  const shown = lines.map(({ text, bold }) => `${bold ? '*' : ' '}${text.slice(0, room.columns)}`)
  return `${shown.map((line) => line.trimEnd()).join('\n')}\n`.replaceAll(`${process.pid}`, 'PID')
}

const flood = alertOf('flood.start', 'warning', { key: 'backup-reads' })
const flooding = status({
  alerts: { open: [flood], recent: [] },
  windows: [
    {
      node: 'web-01',
      until: '2026-01-02T03:04:10.000Z',
      total: windowsOf(15_240.5),
      keys: [
        { key: 'logins', ...windowsOf(0.5) },
        { key: 'exec', ...windowsOf(240) },
        { key: 'backup-reads', ...windowsOf(15_000), '15m': windowsOf(166_000)['15m'] },
        { key: '', ...windowsOf(0) },
      ],
    },
  ],
})
const many = status({
  windows: ['web-01', 'db-01'].map((node) => ({
    node,
    until: '2026-01-02T03:04:10.000Z',
    total: windowsOf(2100),
    keys: Array.from({ length: 20 }, (_, i) => ({ key: `rule-${i + 1}`, ...windowsOf(20 - i) })),
  })),
})

describe('the screen of top', () => {
  it.each([
    ['of a flood', 'flood-80x24', flooding, USUAL],
    ['of a flood on a large terminal', 'flood-132x50', flooding, { columns: 132, rows: 50 }],
    ['of a flood on a narrow one', 'flood-50x16', flooding, { columns: 50, rows: 16 }],
    ['of a flood on hardly any', 'flood-24x5', flooding, { columns: 24, rows: 5 }],
    ['before anything has come', 'empty', status({ windows: [], origins: [] }), USUAL],
    ['of many keys of several nodes', 'many', many, USUAL],
  ])('%s', async (_, name, of, room) => {
    await expect(screen(of, room)).toMatchFileSnapshot(`screens/${name}.txt`)
  })

  it('says of what the share of the drain is, where it was not measured', async () => {
    const unknown = { ...statusOf().queue, drain_per_s: null }
    expect(screen({ ...flooding, queue: unknown }, USUAL)).toContain('~38 % FLOOD backup-reads')
    expect(screen(flooding, USUAL)).toContain(' 250 % FLOOD backup-reads')
  })

  it.each([
    ['warning', 'peak', /\n\*>.* FLOOD backup-reads\n/],
    ['info', 'peak', /\n >.* flood backup-reads\n/],
    ['info', 'share', /\n >.* usual backup-reads\n/],
  ])('shouts only where a flood asks for a look: %s, by its %s', (severity, why, shown) => {
    const open = [alertOf('flood.start', severity, { key: 'backup-reads', why })]
    expect(screen({ ...flooding, alerts: { open, recent: [] } }, USUAL)).toMatch(shown)
  })

  it('lets no control character of a name through', () => {
    const evil = 'a\u001b[2Jb\u009bc\rd\ne\u202ef'
    const origin = [{ name: evil.repeat(9), share: 1, error: 0 }]
    const [windows] = status().windows
    const of = status({
      node: evil,
      windows: [{ ...windows, node: evil, keys: [{ key: evil, ...windowsOf(9) }] }],
      origins: [{ ...originsOf(evil), node: evil, program: origin, path: origin }],
    })
    const shown = screen(of, { columns: 400, rows: 50 })
    expect(shown).toContain('a?[2Jb?c?d?e?f on a?[2Jb?c?d?e?f')
    expect(shown).toContain('program  …')
    expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  it.each([5, 13, 14, 19, 20, 35, 36, 60])('has no more lines than a terminal of %i', (rows) => {
    for (const of of [many, flooding, status({ windows: [], origins: [] })])
      screen(of, { columns: 80, rows })
  })
})

describe('the chosen key', () => {
  it('is the busiest, and follows whichever that is', () => {
    expect(screen(flooding, USUAL)).toMatch(/\n\*> *15,000 .*backup-reads\n/)
    expect(chosenBy(flooding, null, -1)).toBeNull()
  })

  it('moves by rows, stays in sight, and stays the same when others overtake it', async () => {
    const far = chosenBy(many, null, 30)
    expect(far).toEqual({ node: 'web-01', key: 'rule-16' })
    await expect(screen(many, USUAL, far)).toMatchFileSnapshot('screens/many-far.txt')
    expect(chosenBy(many, far, 1000)).toEqual({ node: 'db-01', key: 'rule-20' })
    expect(chosenBy(many, far, -30)).toBeNull()
    const [first, second] = many.windows
    const keys = [{ key: 'sudden', ...windowsOf(900) }, ...first.keys]
    const later = status({ windows: [{ ...first, keys }, second] })
    expect(screen(later, USUAL, far)).toMatch(/\n >.* rule-16 \(web-01\)\n/)
  })

  it('is the busiest again when it is gone', () => {
    expect(screen(flooding, USUAL, { node: 'gone', key: 'x' })).toContain('*>')
    expect(chosenBy(status({ windows: [] }), { node: 'gone', key: 'x' }, 1)).toBeNull()
  })

  it('is told with who makes it, as far as that is known', () => {
    expect(screen(flooding, USUAL)).toContain(
      '/usr/bin/rsync 90 %, /usr/bin/tar 5–8 %\n   user     auid 1000 90 %\n',
    )
    const other = screen(flooding, USUAL, { node: 'web-01', key: 'exec' })
    expect(other).toContain('exec on web-01, 240 entries/s over 10 s\n   who makes them is told of')
  })
})
