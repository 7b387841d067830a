import { Command } from 'commander'
import { loadSettings } from '../config/load.ts'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { plain } from '../model/plain.ts'
import { judge, neverRan, parseStatus, readStatusText } from './health.ts'
import { ROW_HEADING, rowLine, rowsOf, spanText } from './rates-view.ts'
import { Screen, type ScreenLine } from './screen.ts'
import { figureLines } from './status-view.ts'

const LOOK_MS = 1000
/** q, Ctrl-C and Ctrl-D: a raw terminal makes no signals of keys. */
const QUIT = ['q', 'Q', '\x03', '\x04']
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const

interface Flags {
  readonly config?: string
}

const AFTER_HELP = `
Keys of the last interval (rates.interval), those with the most records first: their rate, their share
of all records, the peak second; FLOOD marks those with an open alert. q quits.`

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
  const { state } = loadSettings(config ?? null).spool
  // What cannot be read is said before the screen is taken.
  readStatusText(state)
  const screen = new Screen(process.stdin, process.stdout)
  const draw = (): void => screen.draw(lines(state, Date.now()))
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

/** What is on the screen at a time `now`, ms since the epoch. */
function lines(state: string, now: number): ScreenLine[] {
  const text = (said: string): ScreenLine => ({ text: said, bold: false })
  const head = (said: string): ScreenLine => ({ text: said, bold: true })
  try {
    const found = readStatusText(state)
    if (found === null) return [head(neverRan(state).verdict)]
    const status = parseStatus(found)
    return [
      head(`${plain(status.node)}: ${judge(status, now).verdict}`),
      ...figureLines(status, now).map(text),
      text(`rates    ${spanText(status.rates)}`),
      text(''),
      head(ROW_HEADING),
      ...rowsOf(status).map((row) => ({
        text: rowLine(row, status.rates.length > 1),
        bold: row.floods,
      })),
    ]
  } catch (error) {
    return [head(plain(reasonOf(error)))]
  }
}
