import { describe, expect, test } from 'vitest'
import { parseFlags } from '../../src/shim/options.ts'

test('without arguments there is a default for everything', () => {
  expect(parseFlags([])).toEqual({
    help: false,
    check: false,
    spool: '/var/spool/spillway',
    state: '/var/spool/spillway/state',
    user: null,
    group: null,
    limit: null,
    keepFree: null,
    whenFull: 'drop-newest',
    compress: true,
    syncMs: 1000,
    ringBytes: 32 << 20,
  })
})

test('every argument is taken', () => {
  const text =
    '--check --spool /s/ --state /t --user u --group g --limit 8GiB --keep-free 1.5M --when-full block --compress never --sync none --ring 4m'
  expect(parseFlags(text.split(' '))).toEqual({
    help: false,
    check: true,
    spool: '/s',
    state: '/t',
    user: 'u',
    group: 'g',
    limit: 8 * 2 ** 30,
    keepFree: 1.5 * 2 ** 20,
    whenFull: 'block',
    compress: false,
    syncMs: null,
    ringBytes: 4 << 20,
  })
})

describe('a wrong argument is named in one line', () => {
  test.each([
    ['--limit 4', '--limit must be a size of at least 4194304: 4'],
    ['--limit x', '--limit must be a size'],
    ['--ring 1', '--ring must be a size'],
    ['--keep-free -1', '--keep-free'],
    ['--sync 1s', '--sync must be milliseconds or none: 1s'],
    ['--when-full maybe', '--when-full must be drop-newest, drop-oldest or block: maybe'],
    ['--state rel', '--state must be an absolute path: rel'],
    ['--nope', '--nope'],
    ['stray', 'stray'],
    ['--user', '--user'],
  ])('%s', (text, message) => {
    let said = ''
    try {
      parseFlags(text.split(' '))
    } catch (error) {
      expect(error).toMatchObject({ name: 'Failure', code: 2 })
      said = (error as Error).message
    }
    expect(said).toContain(message)
    expect(said).not.toContain('\n')
  })
})
