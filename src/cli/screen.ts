import { writeSync } from 'node:fs'
import type { ReadStream, WriteStream } from 'node:tty'

const STDOUT = 1
/** Without wrapping: a name may be wider than it has characters. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l'
const BOLD = '\x1b[1m'
const PLAIN = '\x1b[0m'
/** What a terminal has that does not say so, as a serial console: then its size is 0. */
const USUAL_ROWS = 24
const USUAL_COLUMNS = 80

/** A line of a screen. */
export interface ScreenLine {
  readonly text: string
  readonly bold: boolean
}

/**
 * The alternate screen of a terminal: what stood there before comes back when it is left, however the
 * process ends.
 */
export class Screen {
  readonly #input: ReadStream
  readonly #output: WriteStream
  readonly #leave = (): void => this.leave()
  #entered = false

  constructor(input: ReadStream, output: WriteStream) {
    this.#input = input
    this.#output = output
  }

  /** Takes the terminal; `onKeys` gets what is typed, as it is. */
  enter(onKeys: (keys: string) => void): void {
    this.#entered = true
    // Before whoever says what is wrong, so that it is said on the screen that stays.
    process.prependOnceListener('uncaughtException', this.#leave)
    process.once('exit', this.#leave)
    this.#input.setRawMode(true).setEncoding('latin1').on('data', onKeys)
    writeSync(STDOUT, ENTER)
  }

  /** What there is room for. */
  get room(): { readonly rows: number; readonly columns: number } {
    const { rows, columns } = this.#output
    return { rows: rows || USUAL_ROWS, columns: columns || USUAL_COLUMNS }
  }

  /** Draws over what is there, line by line, so that nothing flickers; longer lines are cut. */
  draw(lines: readonly ScreenLine[]): void {
    const { rows, columns } = this.room
    const shown = lines.slice(0, rows).map(({ text, bold }) => {
      const cut = text.slice(0, columns)
      return `${bold ? `${BOLD}${cut}${PLAIN}` : cut}\x1b[K`
    })
    // A line end after the last row would scroll.
    this.#output.write(`\x1b[H${shown.join('\r\n')}${shown.length < rows ? '\r\n\x1b[J' : ''}`)
  }

  /** Gives the terminal back as it was. */
  leave(): void {
    if (!this.#entered) return
    this.#entered = false
    process.off('uncaughtException', this.#leave).off('exit', this.#leave)
    try {
      this.#input.setRawMode(false).pause()
      writeSync(STDOUT, `${PLAIN}${LEAVE}`)
    } catch {
      // The terminal is gone.
    }
  }
}
