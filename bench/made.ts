import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { Generator } from '../src/generate/generator.ts'
import type { GeneratorOptions } from '../src/generate/options.ts'
import type { Truth } from '../src/generate/truth.ts'

const BUFFER_BYTES = 1 << 20
const RECORDS = 2_000_000

/** The generator's, a busy host's. */
export const USUAL_RATE = 1000
/** As fast as they are decoded. */
export const FULL_RATE = 50_000

/**
 * What every bench reads unless it says otherwise: ENRICHED text with EOE, as a plugin gets it, a fifth
 * of the events interleaved as by four CPUs. These are the generator's defaults, said here so that the
 * figures keep their meaning when those change.
 */
export const STREAM: Partial<GeneratorOptions> = {
  seed: 1,
  format: 'enriched',
  framing: 'text',
  eoe: true,
  cpus: 4,
  interleave: 0.2,
}

/** A stream in a file, and what is in it. */
export interface Made {
  readonly path: string
  readonly truth: Truth
}

/**
 * A file of two million records, of so many events in a second of its own time, made once: its name says its options
 * and how it begins, so that another generator makes another file.
 */
export function madeFile(cache: string, rate: number = USUAL_RATE): Made {
  const options = { ...STREAM, ...(rate === USUAL_RATE ? {} : { rate }), records: RECORDS }
  const head = Buffer.alloc(BUFFER_BYTES)
  const length = new Generator(options).fill(head)
  const hash = createHash('sha256').update(JSON.stringify(options)).update(head.subarray(0, length))
  const path = join(cache, `${hash.digest('hex').slice(0, 16)}.log`)
  if (!existsSync(`${path}.json`)) make(path, options)
  return { path, truth: JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Truth }
}

function make(path: string, options: Partial<GeneratorOptions>): void {
  const generator = new Generator(options)
  const buffer = Buffer.alloc(BUFFER_BYTES)
  const file = openSync(`${path}.new`, 'w')
  while (!generator.done) {
    const length = generator.fill(buffer)
    for (let at = 0; at < length; ) at += writeSync(file, buffer, at, length - at)
  }
  closeSync(file)
  renameSync(`${path}.new`, path)
  writeFileSync(`${path}.json`, JSON.stringify(generator.truth()))
}

/** A stream in memory, and what is in it. */
export function madeBytes(options: Partial<GeneratorOptions>): { bytes: Buffer; truth: Truth } {
  const generator = new Generator({ ...STREAM, ...options })
  const parts: Buffer[] = []
  while (!generator.done) {
    const buffer = Buffer.alloc(BUFFER_BYTES)
    parts.push(buffer.subarray(0, generator.fill(buffer)))
  }
  return { bytes: Buffer.concat(parts), truth: generator.truth() }
}
