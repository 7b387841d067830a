import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkFiles, readFiles } from '../../src/input/files.ts'
import { ExitCode } from '../../src/model/failure.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spillway-files-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

/** All bytes of a stream, having checked that places are offsets and that it ends by closing. */
async function read(paths: string[], stdin?: Readable): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  let ended = false
  for await (const piece of readFiles(paths, stdin)) {
    expect(ended).toBe(false)
    expect(piece).toMatchObject({ epoch: 0, place: length })
    if (piece.kind === 'data') {
      expect(piece.clock).toBeNull()
      length += piece.bytes.length
      parts.push(Buffer.from(piece.bytes))
    } else {
      expect(piece).toMatchObject({ kind: 'end', close: true })
      ended = true
    }
  }
  expect(ended).toBe(true)
  return Buffer.concat(parts)
}

const failureOf = (done: Promise<unknown>): Promise<unknown> =>
  done.catch((error: unknown) => error)
const big = 'type=CWD msg=audit(1.000:1): cwd="/"\n'.repeat(100_000)

describe('the input from files', () => {
  it('is the files one after the other', async () => {
    const paths = [file('a', 'one\n'), file('b', ''), file('c', 'two\n')]
    expect((await read(paths)).toString()).toBe('one\ntwo\n')
  })

  it('is nothing but an end for an empty file', async () => {
    expect((await read([file('empty', '')])).length).toBe(0)
  })

  it('keeps the lines of two files apart when the first ends within one', async () => {
    expect((await read([file('d', 'one'), file('e', 'two')])).toString()).toBe('one\ntwo')
  })

  it('puts nothing between files of binary records', async () => {
    const [f, g] = [file('f', Uint8Array.of(0, 1)), file('g', Uint8Array.of(0, 2))]
    expect(await read([f, g])).toEqual(Buffer.of(0, 1, 0, 2))
  })

  it('reads more than one chunk', async () => {
    expect((await read([file('big', big)])).equals(Buffer.from(big))).toBe(true)
  })

  it('unpacks gzip whatever the name and however many members', async () => {
    const packed = Buffer.concat([gzipSync(big), gzipSync('more\n')])
    expect((await read([file('packed', packed)])).equals(Buffer.from(`${big}more\n`))).toBe(true)
  })

  it('takes a file that is only named like gzip for what it is', async () => {
    expect((await read([file('plain.gz', 'text\n')])).toString()).toBe('text\n')
  })

  it('reads standard input where it is named, packed or not', async () => {
    const path = file('h', 'file\n')
    expect((await read([path, '-'], Readable.from([Buffer.from('in\n')]))).toString()).toBe(
      'file\nin\n',
    )
    expect((await read(['-'], Readable.from([gzipSync('in\n')]))).toString()).toBe('in\n')
  })

  it('knows gzip by its first bytes however slowly they come', async () => {
    const bytes = (content: Uint8Array): Readable =>
      Readable.from(Array.from(content, (_, at) => content.subarray(at, at + 1)))
    expect((await read(['-'], bytes(gzipSync('in\n')))).toString()).toBe('in\n')
    expect(await read(['-'], bytes(Uint8Array.of(0x1f)))).toEqual(Buffer.of(0x1f))
    expect(await read(['-'], bytes(Uint8Array.of(0x1f, 0x0a)))).toEqual(Buffer.of(0x1f, 0x0a))
  })

  it('gives what a cut gzip file holds and then says that it is cut', async () => {
    const path = file('cut.gz', gzipSync(big).subarray(0, 4000))
    let bytes = 0
    const failure = await failureOf(
      (async () => {
        for await (const piece of readFiles([path]))
          if (piece.kind === 'data') bytes += piece.bytes.length
      })(),
    )
    expect(bytes).toBeGreaterThan(0)
    expect(failure).toMatchObject({
      code: ExitCode.Input,
      message: `cannot read ${path}: not a whole gzip file (unexpected end of file)`,
    })
  })

  const packed = gzipSync(big)
  it.each([
    [
      'garbage behind it',
      Buffer.concat([gzipSync('one\ntwo\n'), Buffer.from('garbage')]),
      'one\ntwo\n',
    ],
    [
      'another one that is damaged behind it',
      Buffer.concat([packed, Buffer.from(packed).fill(0xff, 10)]),
      big,
    ],
  ])('gives all of a whole gzip with %s, then says what is wrong', async (_what, bytes, held) => {
    const path = file('behind.gz', bytes)
    for (const stdin of [undefined, Readable.from([bytes])]) {
      const parts: Buffer[] = []
      const failure = await failureOf(
        (async () => {
          for await (const piece of readFiles([stdin === undefined ? path : '-'], stdin))
            if (piece.kind === 'data') parts.push(Buffer.from(piece.bytes))
        })(),
      )
      expect(Buffer.concat(parts).toString()).toBe(held)
      expect(failure).toMatchObject({ code: ExitCode.Input })
      expect(String(failure)).toMatch('not a whole gzip file (')
    }
  })

  it('gives what a gzip holds before the byte that is damaged', async () => {
    const bytes = gzipSync(big)
    const at = Math.floor(bytes.length / 2)
    const path = file('damaged.gz', bytes.fill(0xff, at))
    const parts: Buffer[] = []
    const failure = await failureOf(
      (async () => {
        for await (const piece of readFiles([path]))
          if (piece.kind === 'data') parts.push(Buffer.from(piece.bytes))
      })(),
    )
    const before = gunzipSync(bytes.subarray(0, at), { finishFlush: constants.Z_SYNC_FLUSH })
    expect(before.length).toBeGreaterThan(0)
    expect(Buffer.concat(parts).subarray(0, before.length).equals(before)).toBe(true)
    expect(failure).toMatchObject({ code: ExitCode.Input })
  })

  it('can be left at any piece', async () => {
    for await (const piece of readFiles([file('left', big)])) {
      expect(piece.kind).toBe('data')
      break
    }
  })
})

describe('the check of files', () => {
  it('holds for what can be read', async () => {
    await expect(checkFiles([file('good', ''), '-', '/dev/null'])).resolves.toBeUndefined()
  })

  it.each([
    ['a missing file', 'none', 'no such file or directory'],
    ['a directory', 'folder', 'it is a directory'],
    ['a path through a file', 'good/none', 'not a directory'],
  ])('names %s', async (_what, name, reason) => {
    mkdirSync(join(directory, 'folder'), { recursive: true })
    const good = file('good', '')
    expect(await failureOf(checkFiles([good, join(directory, name)]))).toMatchObject({
      code: ExitCode.Input,
      message: `cannot read ${directory}/${name}: ${reason}`,
    })
  })

  it('refuses standard input twice', async () => {
    expect(await failureOf(checkFiles(['-', '-']))).toMatchObject({ code: ExitCode.Usage })
  })
})
