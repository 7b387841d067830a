/** Program and Node where users without any rights reach them: they may lie in somebody's home. */

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What starts the program. */
export interface Reach {
  readonly node: string
  readonly bin: string
}

/**
 * In their own places where those are open to all, else a copy of Node and a read-only view of the
 * project, for as long as the test file runs that asks.
 */
export function reach(): Reach {
  const own = { node: process.execPath, bin: join(ROOT, 'bin', 'spillway') }
  if (isOpen(own.node) && isOpen(own.bin)) return own
  const dir = mkdtempSync(join(tmpdir(), 'spillway-reach-'))
  const node = join(dir, 'node')
  const view = join(dir, 'project')
  chmodSync(dir, 0o755)
  copyFileSync(process.execPath, node)
  mkdirSync(view)
  afterAll(() => {
    spawnSync('umount', ['--lazy', view])
    unlinkSync(node)
    // Never recursively: what is still mounted is the project itself.
    for (const empty of [view, dir]) rmdirSync(empty)
  })
  const { status } = spawnSync('mount', ['-o', 'bind,ro', ROOT, view])
  return status === 0 ? { node, bin: join(view, 'bin', 'spillway') } : own
}

/** Others may pass through every directory above a file. */
function isOpen(path: string): boolean {
  const above = dirname(path)
  return (statSync(path).mode & 0o001) === 0o001 && (above === path || isOpen(above))
}
