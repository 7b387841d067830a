// The Node.js that is shipped: the one that the lock file in runtime/ names, as its project built it.

import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { madeOnce } from '../cache.mjs'
import { ARCH } from './release.mjs'
import { run } from './run.mjs'

const PINNED = join(import.meta.dirname, 'runtime')
const PACKAGE = `node-linux-${ARCH}`

const { packages } = JSON.parse(readFileSync(join(PINNED, 'package-lock.json'), 'utf8'))
export const NODE_VERSION = packages[`node_modules/${PACKAGE}`].version

/** The folder with `bin/node`, `include/` and `LICENSE`. npm holds what it fetches against the lock file. */
export function runtime() {
  const folder = madeOnce(`node-${NODE_VERSION}-${ARCH}`, (making) => {
    console.error(`dist: npm fetches Node.js ${NODE_VERSION}, once`)
    cpSync(PINNED, making, { recursive: true })
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: making })
  })
  return join(folder, 'node_modules', PACKAGE)
}
