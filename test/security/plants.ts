import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, symlinkSync } from 'node:fs'

/** True where devices can be made and other users become: tests that need it are skipped by name elsewhere. */
export const isRoot: boolean = process.geteuid?.() === 0
if (!isRoot)
  process.stderr.write('attacks with devices and by other users are SKIPPED: this is not root\n')

/** What an attacker puts where a file is expected; `victim` is a file that must stay as it is. */
export type Plant = readonly [what: string, make: (path: string, victim: string) => void]

export const PLANTS: readonly Plant[] = [
  ['a symbolic link', (path, victim) => symlinkSync(victim, path)],
  ['a dangling link', (path, victim) => symlinkSync(`${victim}.new`, path)],
  ['a hard link', (path, victim) => linkSync(victim, path)],
  ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ['a directory', (path) => mkdirSync(path)],
  ...(isRoot
    ? [['a device', (path: string) => execFileSync('mknod', [path, 'c', '1', '3'])] as const]
    : []),
]
