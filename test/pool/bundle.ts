import { mkdirSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { build } from 'esbuild'
import { afterAll } from 'vitest'

const folder = resolve('node_modules/.cache/spillway', `workers-${process.pid}`)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Compiles a worker file to JavaScript, which is all that Node 20 runs in a thread; gives its path. */
export async function bundleWorker(source: string): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const outfile = join(folder, `${basename(source, '.ts')}.mjs`)
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['piscina'],
    logLevel: 'error',
  })
  return outfile
}
