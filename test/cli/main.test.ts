import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { ROOT, spillway } from './spillway.ts'

const COMMANDS = (
  'decode run status top reconcile watch replay verify migrate config generate demo ' +
  'install uninstall selftest'
).split(' ')

describe('the command line', () => {
  it('helps with every command, examples and exit codes', async () => {
    const { code, out, err } = await spillway(['--help'])
    expect([code, err]).toEqual([ExitCode.Ok, ''])
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'))
    expect(out).toContain('Examples:')
    for (const exit of Object.values(ExitCode)) expect(out).toMatch(new RegExp(`^  ${exit}  `, 'm'))
  })

  it.each(COMMANDS)('helps with %s, and has examples', async (command) => {
    const { code, out } = await spillway([command, '--help'])
    expect(code).toBe(ExitCode.Ok)
    expect(out).toContain(`Usage: spillway ${command}`)
    expect(out).toMatch(new RegExp(`^Examples?:\n  .*spillway ${command}`, 'm'))
  })

  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      version: string
    }
    expect(await spillway(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
  })

  it('shows help and fails when it is given nothing to do', async () => {
    const { code, out, err } = await spillway([])
    expect([code, out]).toEqual([ExitCode.Usage, ''])
    expect(err).toContain('Usage: spillway')
  })

  it.each([
    [['--nonsense'], "spillway: unknown option '--nonsense'\n"],
    [['decoed'], "spillway: unknown command 'decoed' (Did you mean decode?)\n"],
    [
      ['decode', '--wrkers', '1'],
      "spillway: unknown option '--wrkers' (Did you mean --workers?)\n",
    ],
    [
      ['decode', '--format', 'xml'],
      "spillway: option '--format <name>' argument 'xml' is invalid. Allowed choices are native, raw.\n",
    ],
    [
      ['decode', '--workers', 'many'],
      "spillway: option '--workers <n>' argument 'many' is invalid. It must be auto or a whole number from 0 to 256.\n",
    ],
    [['decode', '--node'], "spillway: option '--node <name>' argument missing\n"],
    [['run', 'extra'], "spillway: too many arguments for 'run'. Expected 0 arguments but got 1.\n"],
    [['config', 'chekc'], "spillway: unknown command 'chekc' (Did you mean check?)\n"],
  ])('has one line to say about %j', async (args, line) => {
    expect(await spillway(args)).toEqual({ code: ExitCode.Usage, out: '', err: line })
  })
})
