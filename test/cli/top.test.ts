import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { ROOT, spillway } from './spillway.ts'
import { alertOf, placeOf, statusOf, tell, windowsOf } from './status-file.ts'

const hasScript = spawnSync('script', ['--version']).status === 0
if (!hasScript) console.warn('script is missing: top is not tried on a terminal')

let place = ''
let terminal: ChildProcess | null = null
afterEach(() => {
  terminal?.kill('SIGKILL')
  if (place !== '') rmSync(place, { recursive: true })
  place = ''
})

/** `top` on a terminal of its own. `shown` is all that was written there so far. */
function onTerminal(size = 'cols 80 rows 24'): {
  child: ChildProcess
  shown: () => string
  ended: Promise<unknown[]>
} {
  const program = resolve(ROOT, 'bin/spillway')
  const top = `exec '${process.execPath}' '${program}' top --config '${place}/spillway.yaml'`
  const line = `stty ${size}; echo $$ > '${place}/pid'; ${top}`
  const child = spawn('script', ['-qefc', line, '/dev/null'])
  terminal = child
  let text = ''
  child.stdout.on('data', (part: Buffer) => {
    text += part.toString()
  })
  return { child, shown: () => text, ended: once(child, 'close') }
}

const ENTER = '\u001b[?1049h'
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l'
const WAIT = { timeout: 20_000 }

describe('spillway top', () => {
  it.skipIf(!hasScript)(
    'follows the status, marks floods, and leaves at q',
    async () => {
      const flood = alertOf('flood.start', 'warning', { key: 'backup-reads' })
      place = placeOf(statusOf({ alerts: { open: [flood], recent: [] } }))
      const { child, shown, ended } = onTerminal()
      await vi.waitFor(() => expect(shown()).toContain('FLOOD backup-reads'), WAIT)
      expect(shown()).toContain(ENTER)
      expect(shown()).toContain('lost 12, backlog 34 of 8,192')
      expect(shown().indexOf('backup-reads')).toBeLessThan(shown().indexOf('logins'))

      // The arrow down chooses the second key, of which nothing is known.
      expect(shown()).toContain('/usr/bin/rsync 90 %')
      child.stdin?.write('\u001b[B')
      await vi.waitFor(() => expect(shown()).toContain('logins on web-01'), WAIT)
      expect(shown()).toContain('who makes them is told of')

      const [windows] = statusOf().windows
      const keys = [{ key: 'sudden', ...windowsOf(9000) }]
      tell(place, statusOf({ windows: [{ ...windows, keys }] }))
      await vi.waitFor(() => expect(shown()).toContain('sudden'), WAIT)
      expect(shown()).not.toContain(LEAVE)
      // Drawn over, not wiped.
      expect(shown()).not.toContain('\u001b[2J')

      child.stdin?.write('q')
      expect(await ended).toEqual([0, null])
      expect(shown()).toContain(LEAVE)
    },
    60_000,
  )

  it.skipIf(!hasScript)(
    'gives the terminal back when it is told to end',
    async () => {
      place = placeOf(statusOf())
      const { shown, ended } = onTerminal()
      await vi.waitFor(() => expect(shown()).toContain('backup-reads'), WAIT)
      process.kill(Number(readFileSync(join(place, 'pid'), 'utf8')), 'SIGTERM')
      expect(await ended).toEqual([0, null])
      expect(shown()).toContain(LEAVE)
    },
    60_000,
  )

  it.skipIf(!hasScript)(
    'waits for a service that does not run yet',
    async () => {
      place = placeOf(null)
      const { child, shown, ended } = onTerminal()
      await vi.waitFor(() => expect(shown()).toContain('not running: no status.json'), WAIT)
      tell(place, statusOf())
      await vi.waitFor(() => expect(shown()).toContain('backup-reads'), WAIT)
      child.stdin?.write('\u0003')
      await ended
      expect(shown()).toContain(LEAVE)
    },
    60_000,
  )

  it.skipIf(!hasScript)(
    'draws on a terminal that does not say how large it is',
    async () => {
      place = placeOf(statusOf())
      const { child, shown, ended } = onTerminal('cols 0 rows 0')
      await vi.waitFor(() => expect(shown()).toContain('backup-reads'), WAIT)
      child.stdin?.write('q')
      expect(await ended).toEqual([0, null])
    },
    60_000,
  )

  it.skipIf(!hasScript)(
    'draws nothing on a dumb terminal, and says so',
    async () => {
      place = placeOf(statusOf())
      const { shown, ended } = onTerminal('cols 80 rows 24; export TERM=dumb')
      expect(await ended).toEqual([ExitCode.Usage, null])
      expect(shown()).toContain('spillway: top cannot draw on a dumb terminal')
      expect(shown()).not.toContain('\u001b')
    },
    60_000,
  )

  it('says in one line that it needs a terminal', async () => {
    expect(await spillway(['top'])).toEqual({
      code: ExitCode.Usage,
      out: '',
      err: 'spillway: top needs a terminal; spillway status does without\n',
    })
  })
})
