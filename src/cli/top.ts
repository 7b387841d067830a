import { Command } from 'commander'
import { loadSettings } from '../config/load.ts'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { plain } from '../model/plain.ts'
import type { WrittenStatus } from '../model/status.ts'
import { neverRan, parseStatus, readStatusText } from './health.ts'
import { Screen, type ScreenLine } from './screen.ts'
import { type Chosen, chosenBy, type Room, topLines } from './top-view.ts'

const LOOK_MS = 1000
/** q, Ctrl-C and Ctrl-D: a raw terminal makes no signals of keys. */
const QUIT = ['q', 'Q', '\x03', '\x04']
/** Rows that a key moves by: the arrows, those of vi, and page up and down. */
const MOVES: ReadonlyMap<string, number> = new Map([
  ['\x1b[A', -1],
  ['\x1bOA', -1],
  ['k', -1],
  ['\x1b[B', 1],
  ['\x1bOB', 1],
  ['j', 1],
  ['\x1b[5~', -10],
  ['\x1b[6~', 10],
])
/** Keys come one by one or, where they are held, several at once. */
const KEYS = /\p{Cc}[[O][A-Z]|\p{Cc}\[\d+~|./gsu
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const

interface Flags {
  readonly config?: string
}

const AFTER_HELP = `
For each rule key the entries (records and EOE) a second over the last 1 s, 10 s, 1 min and 15 min, the
most in one second of those 15 min, its share of all and of what can be drained over 10 s, with a ~
while that was not measured. FLOOD marks keys with an open flood of severity warning or worse, flood one
too small to do harm, usual a key that does what it always does. Below, who makes the busiest key, or the
one that the arrow keys (or j and k) choose. Where there is less room there are fewer columns and lines.
q quits.

Examples:
  spillway top
  spillway top --config ./spillway.yaml`

/** `spillway top`: how the service stands, live. */
export function topCommand(): Command {
  return new Command('top')
    .description('show lag, kernel and the busiest rule keys live, until q is typed')
    .option(
      '--config <file>',
      'configuration of the service (default: /etc/spillway/spillway.yaml)',
    )
    .addHelpText('after', AFTER_HELP)
    .action(top)
}

async function top({ config }: Flags): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new Failure(ExitCode.Usage, 'top needs a terminal; spillway status does without')
  if (process.env['TERM'] === 'dumb')
    throw new Failure(ExitCode.Usage, 'top cannot draw on a dumb terminal; spillway status can')
  const { state } = loadSettings(config ?? null).spool
  // What cannot be read is said before the screen is taken.
  readStatusText(state)
  const screen = new Screen(process.stdin, process.stdout)
  let chosen: Chosen | null = null
  const draw = (): void => screen.draw(lines(state, chosen, screen.room))
  let timer: NodeJS.Timeout | undefined
  let quit: () => void = () => {}
  const over = new Promise<void>((resolve) => {
    quit = resolve
  })
  try {
    for (const signal of SIGNALS) process.once(signal, quit)
    process.stdin.once('end', quit)
    process.stdout.on('error', quit)
    screen.enter((keys) => {
      if (QUIT.some((key) => keys.includes(key))) quit()
      const by = [...keys.matchAll(KEYS)].reduce((sum, [key]) => sum + (MOVES.get(key) ?? 0), 0)
      if (by === 0) return
      chosen = move(state, chosen, by)
      draw()
    })
    process.stdout.on('resize', draw)
    draw()
    timer = setInterval(draw, LOOK_MS)
    await over
  } finally {
    clearInterval(timer)
    screen.leave()
  }
}

/** The status there is now; null where there is none. */
function read(state: string): WrittenStatus | null {
  const text = readStatusText(state)
  return text === null ? null : parseStatus(text)
}

/** The key that lies so many rows below the chosen one. */
function move(state: string, chosen: Chosen | null, rows: number): Chosen | null {
  try {
    const status = read(state)
    return status === null ? null : chosenBy(status, chosen, rows)
  } catch {
    // What is wrong is drawn.
    return chosen
  }
}

/** What is on the screen now. */
function lines(state: string, chosen: Chosen | null, room: Room): ScreenLine[] {
  const head = (text: string): ScreenLine[] => [{ text, bold: true }]
  try {
    const status = read(state)
    if (status === null) return head(neverRan(state).verdict)
    return topLines(status, Date.now(), chosen, room)
  } catch (error) {
    return head(plain(reasonOf(error)))
  }
}
