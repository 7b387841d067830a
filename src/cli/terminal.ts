import { writeSync } from 'node:fs'
import { plain } from '../model/plain.ts'
import { type Outlet, standardOutlet } from '../sink/outlet.ts'

/** Writes one line to standard error, at once; control characters of foreign text become `?`. */
export function say(line: string): void {
  try {
    writeSync(2, `${plain(line)}\n`)
  } catch {
    // Nobody listens, or standard error is full: there is nowhere left to say so.
  }
}

let output: Outlet | null = null

/** Writes text to standard output; a reader that left ends the command quietly. */
export function print(text: string): Promise<void> {
  output ??= standardOutlet()
  return output.write([Buffer.from(text)])
}

/** Writes one line to standard output. */
export function printLine(line: string): Promise<void> {
  return print(`${line}\n`)
}
