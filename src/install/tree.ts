/** The program itself: the unpacked tarball, file by file. */

import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ExitCode, Failure } from '../model/failure.ts'
import { type Host, type Ownership, PUBLIC } from './host.ts'
import type { Step } from './step.ts'

/** A file of the tree. */
interface Entry {
  /** From the top of the tree. */
  readonly path: string
  readonly size: number
  readonly owner: Ownership
}

/** The files below a directory, sorted. Links to commands of packages are left out, other links refused. */
export function filesOf(top: string): string[] {
  const entries = readdirSync(top, { withFileTypes: true, recursive: true })
  const links = entries.find(
    (entry) => entry.isSymbolicLink() && !entry.parentPath.endsWith('/.bin'),
  )
  if (links)
    throw new Failure(ExitCode.Input, `${join(links.parentPath, links.name)} is a symbolic link`)
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(top.length + 1))
    .toSorted()
}

/** Copies a tree of files to a prefix; those that are there already are left alone. */
export function treeStep(host: Host, top: string, files: readonly string[], prefix: string): Step {
  const differing = files
    .map((path) => entryOf(top, path))
    .filter((entry) => !isSame(host, top, entry, `${prefix}/${entry.path}`))
  const megabytes = differing.reduce((sum, { size }) => sum + size, 0) / 1e6
  return {
    what: `copy ${differing.length} files (${megabytes.toFixed(1)} MB) to ${prefix}`,
    isDone: () => differing.length === 0,
    run: () => {
      for (const { path, owner } of differing)
        host.write(`${prefix}/${path}`, readFileSync(join(top, path)), owner)
    },
  }
}

function entryOf(top: string, path: string): Entry {
  const stat = lstatSync(join(top, path))
  const mode = (stat.mode & 0o100) === 0 ? 0o644 : 0o755
  return { path, size: stat.size, owner: { ...PUBLIC, mode } }
}

function isSame(host: Host, top: string, { path, size, owner }: Entry, target: string): boolean {
  return (
    host.isOwned(target, owner) &&
    statSync(host.at(target)).size === size &&
    host.bytes(target)?.equals(readFileSync(join(top, path))) === true
  )
}
