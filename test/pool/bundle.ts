import { mkdirSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { build } from 'esbuild'

/** Compiles a worker file to JavaScript, which is all that Node 20 runs in a thread; gives its path. */
export async function bundleWorker(source: string): Promise<string> {
  const folder = resolve('node_modules/.cache/spillway', String(process.pid))
  mkdirSync(folder, { recursive: true })
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
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
