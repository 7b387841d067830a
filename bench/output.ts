import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { measured, type Program, type Usage } from './child.ts'

/** Measures a program that writes to a new file; freeing what the last one wrote is nobody's work. */
export async function writing(path: string, program: Program): Promise<Usage> {
  rmSync(path, { force: true })
  const stdout = openSync(path, 'w')
  try {
    return await measured({ ...program, stdout })
  } finally {
    closeSync(stdout)
  }
}

/** The SHA-256 of a file. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
