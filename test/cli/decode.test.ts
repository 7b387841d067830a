import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { canMount, onSmallDisk } from '../tmpfs.ts'
import { ROOT, shell, spillway } from './spillway.ts'

const LOG = join(ROOT, 'test/captures/enriched.log')

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spillway-decode-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

interface Event {
  readonly ID: string
  readonly NODE?: string
  readonly EVENT: { readonly pos: string; readonly keys: string[]; readonly raw?: string[] }
}

interface Counts {
  readonly lines: number
  readonly records: number
  readonly eoe: number
  readonly blank: number
  readonly rejected: number
  readonly bytes: number
  readonly events: number
  readonly incomplete: Readonly<Record<string, number>>
  readonly keys: Readonly<Record<string, { events: number; records: number }>>
  readonly no_key: { events: number; records: number }
}

const events = (out: string): Event[] =>
  out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Event)
const lastLine = (err: string): Counts =>
  JSON.parse(err.trimEnd().split('\n').at(-1) ?? '') as Counts

describe('spillway decode', () => {
  it('gives the same events for a file, its gzip, standard input and any number of workers', async () => {
    const plain = await spillway(['decode', LOG])
    expect(plain.code).toBe(ExitCode.Ok)
    expect(events(plain.out).length).toBeGreaterThan(50)
    const log = readFileSync(LOG)
    const packed = file('packed.gz', gzipSync(log))
    expect((await spillway(['decode', packed])).out).toBe(plain.out)
    expect((await spillway(['decode'], log)).out).toBe(plain.out)
    expect((await spillway(['decode', '-'], gzipSync(log))).out).toBe(plain.out)
    for (const workers of ['0', '2'])
      expect((await spillway(['decode', '--workers', workers, LOG])).out).toBe(plain.out)
  })

  it('starts its workers whatever options of V8 the program was given', async () => {
    const tuned = `'${process.execPath}' --max-semi-space-size=32 '${ROOT}/bin/spillway'`
    const { code, out } = await shell(`${tuned} decode --workers 2 '${LOG}'`)
    expect([code, out]).toEqual([ExitCode.Ok, (await spillway(['decode', LOG])).out])
  })

  it('counts what went in and what came out', async () => {
    const path = file('mixed.log', Buffer.concat([readFileSync(LOG), Buffer.from('\nno record\n')]))
    const { out, err } = await spillway(['decode', '--stats', path])
    const counts = lastLine(err)
    expect(counts.events).toBe(events(out).length)
    expect(counts.bytes).toBe(statSync(path).size)
    expect(counts.rejected).toBe(1)
    expect(counts.blank).toBe(1)
    expect(counts.lines).toBe(readFileSync(path, 'utf8').split('\n').length - 1)
    expect(counts.lines).toBe(counts.records + counts.eoe + counts.blank + counts.rejected)
    const perKey = Object.fromEntries(
      Object.entries(counts.keys).map(([key, { events: n }]) => [key, n]),
    )
    const seen: Record<string, number> = {}
    for (const { EVENT } of events(out))
      for (const key of EVENT.keys) seen[key] = (seen[key] ?? 0) + 1
    expect(perKey).toEqual(seen)
    expect(counts.no_key.events).toBe(
      events(out).filter(({ EVENT }) => EVENT.keys.length === 0).length,
    )
  })

  it('names the node of records that name none', async () => {
    const { out } = await spillway(['decode', '--node', 'db-7', LOG])
    expect(new Set(events(out).map(({ NODE }) => NODE))).toEqual(new Set(['db-7']))
  })

  it('refuses a name that no node has', async () => {
    for (const name of ['', 'a b', 'a=b']) {
      const { code, err } = await spillway(['decode', '--node', name, LOG])
      expect([code, err]).toEqual([
        ExitCode.Usage,
        `spillway: option '--node <name>' argument '${name}' is invalid. It must be a name without spaces.\n`,
      ])
    }
  })

  it('writes into no file that it reads', async () => {
    const path = file('own.log', 'no record\n')
    for (const line of [`decode '${path}' >> '${path}'`, `decode --rejects '${path}' '${path}'`]) {
      const { code, err } = await shell(`spillway ${line}`)
      expect([code, err]).toEqual([
        ExitCode.Usage,
        `spillway: ${path} is both read and written to\n`,
      ])
    }
    expect(readFileSync(path, 'utf8')).toBe('no record\n')
  })

  it('adds the lines with --raw and gives nothing else with --format raw', async () => {
    const lines = readFileSync(LOG, 'utf8').trimEnd().split('\n').toSorted()
    const raw = await spillway(['decode', '--raw', LOG])
    expect(
      events(raw.out)
        .flatMap(({ EVENT }) => EVENT.raw ?? [])
        .toSorted(),
    ).toEqual(lines)
    const { out } = await spillway(['decode', '--format', 'raw', LOG])
    expect(out.trimEnd().split('\n').toSorted()).toEqual(lines)
  })

  it('joins an event whose records lie in two files', async () => {
    const lines = readFileSync(LOG, 'utf8').split('\n')
    const cut = lines.findIndex((line) => line.startsWith('type=PATH'))
    const first = file('first', `${lines.slice(0, cut).join('\n')}\n`)
    const second = file('second', lines.slice(cut).join('\n'))
    expect((await spillway(['decode', first, second])).out).toBe(
      (await spillway(['decode', LOG])).out,
    )
  })

  it('is quiet when there is nothing to decode', async () => {
    expect(await spillway(['decode', file('empty', '')])).toEqual({ code: 0, out: '', err: '' })
    expect(await spillway(['decode'])).toEqual({ code: 0, out: '', err: '' })
  })

  it('keeps every byte of binary garbage as rejects', async () => {
    const garbage = Buffer.alloc(200_000)
    let state = 1
    for (let i = 0; i < garbage.length; i++) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31
      garbage[i] = state >> 16
    }
    const rejects = join(directory, 'rejects.ndjson')
    const { code, out, err } = await spillway(['decode', '--stats', '--rejects', rejects], garbage)
    expect([code, out]).toEqual([ExitCode.Ok, ''])
    const counts = lastLine(err)
    expect(counts.rejected).toBeGreaterThan(1)
    const kept = readFileSync(rejects, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { pos: string; text?: string; hex?: string })
    expect(kept).toHaveLength(counts.rejected)
    for (const { pos, text, hex } of kept) {
      const at = Number(pos.split('.')[2])
      const bytes = text === undefined ? Buffer.from(hex ?? '', 'hex') : Buffer.from(text)
      expect(garbage.subarray(at, at + bytes.length).equals(bytes)).toBe(true)
    }
  })

  it('says how many lines were no records when nobody keeps them', async () => {
    expect(await spillway(['decode'], 'one\ntwo\n')).toEqual({
      code: ExitCode.Ok,
      out: '',
      err: 'spillway: 2 lines are no records; --rejects FILE keeps them\n',
    })
    const { err } = await spillway(['decode'], 'one\n')
    expect(err).toBe('spillway: 1 line is no record; --rejects FILE keeps it\n')
  })

  it('ends quietly when its reader leaves', async () => {
    const many = file(
      'many.log',
      Buffer.concat(Array.from({ length: 40 }, () => readFileSync(LOG))),
    )
    const { code, out, err } = await shell(
      `spillway decode ${many} | head -1; exit "\${PIPESTATUS[0]}"`,
    )
    expect([code, err]).toEqual([ExitCode.Ok, ''])
    expect(events(out)).toHaveLength(1)
  })
})

describe('spillway decode, given what it cannot use', () => {
  it.each([
    ['a missing file', ['none.log'], 'none.log', 'no such file or directory'],
    ['a directory', ['folder'], 'folder', 'it is a directory'],
    [
      'a missing file among others',
      ['good.log', 'none.log'],
      'none.log',
      'no such file or directory',
    ],
  ])('has one line to say about %s, before any output', async (_what, names, name, reason) => {
    mkdirSync(join(directory, 'folder'), { recursive: true })
    file('good.log', readFileSync(LOG))
    expect(await spillway(['decode', ...names.map((given) => join(directory, given))])).toEqual({
      code: ExitCode.Input,
      out: '',
      err: `spillway: cannot read ${directory}/${name}: ${reason}\n`,
    })
  })

  it('gives what a cut gzip file holds, then says that it is cut', async () => {
    const packed = gzipSync(Buffer.concat(Array.from({ length: 50 }, () => readFileSync(LOG))))
    const path = file('cut.gz', packed.subarray(0, packed.length / 2))
    const { code, out, err } = await spillway(['decode', path])
    expect(code).toBe(ExitCode.Input)
    expect(events(out).length).toBeGreaterThan(0)
    expect(err).toBe(
      `spillway: cannot read ${path}: not a whole gzip file (unexpected end of file)\n`,
    )
  })

  it('counts what came before the damage of a gzip file', async () => {
    const path = file(
      'behind.gz',
      Buffer.concat([gzipSync(readFileSync(LOG)), Buffer.from('no gzip')]),
    )
    const { code, out, err } = await spillway(['decode', '--stats', path])
    expect(code).toBe(ExitCode.Input)
    const [counts, why] = err.split('\n')
    expect(out).toBe((await spillway(['decode', LOG])).out)
    expect((JSON.parse(counts) as Counts).events).toBe(events(out).length)
    expect(why).toMatch(`cannot read ${path}: not a whole gzip file`)
  })

  it('refuses a rejects file that is no file', async () => {
    expect(await spillway(['decode', '--rejects', directory, LOG])).toEqual({
      code: ExitCode.Sink,
      out: '',
      err: `spillway: cannot append to ${directory}: illegal operation on a directory\n`,
    })
  })

  it('says that standard output is full', async () => {
    expect(await shell(`spillway decode ${LOG} > /dev/full`)).toEqual({
      code: ExitCode.Sink,
      out: '',
      err: 'spillway: cannot write standard output: no space left on device\n',
    })
  })

  it.skipIf(!canMount)('says that the disk under standard output is full', async () => {
    await onSmallDisk(65_536, async (disk) => {
      const { code, err } = await shell(`spillway decode ${LOG} ${LOG} > ${disk}/events`)
      expect(code).toBe(ExitCode.Sink)
      expect(err).toBe('spillway: cannot write standard output: no space left on device\n')
    })
  })
})
