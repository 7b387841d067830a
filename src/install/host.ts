/**
 * The file system that is installed to: the machine's own, or one in a directory (`--root`). Root writes
 * here, so that nothing is followed that others could have put in its way: below the root no component
 * of a path may be a symbolic link, and none may be writable for others than root.
 */

import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { codeOf, ExitCode, Failure } from '../model/failure.ts'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants

/** Who a file belongs to and what may be done with it. */
export interface Ownership {
  readonly user: string
  readonly group: string
  /** Permission bits. */
  readonly mode: number
}

/** Owner root, readable by all. */
export const PUBLIC: Ownership = { user: 'root', group: 'root', mode: 0o644 }

/** `root:root 0640`. */
export function shown({ user, group, mode }: Ownership): string {
  return `${user}:${group} 0${mode.toString(8)}`
}

/** A machine's files, by the paths they have there. */
export class Host {
  /** Directory that stands for `/`. */
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** True for the machine itself: programs of it may be run. */
  get isLive(): boolean {
    return this.root === '/'
  }

  /** Where a path of the host lies for us. */
  at(path: string): string {
    return join(this.root, path)
  }

  /** What lies at a path, not followed; null for nothing, and where it cannot be looked at. */
  stat(path: string): Stats | null {
    try {
      return lstatSync(this.at(path))
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(codeOf(error) ?? '')) return null
      throw error
    }
  }

  /** Text of a regular file, or null where there is none that can be read. */
  read(path: string): string | null {
    return this.bytes(path)?.toString('utf8') ?? null
  }

  /** Bytes of a regular file, or null where there is none that can be read. */
  bytes(path: string): Buffer | null {
    if (!this.stat(path)?.isFile()) return null
    try {
      return readFileSync(this.at(path))
    } catch (error) {
      if (codeOf(error) === 'EACCES') return null
      throw error
    }
  }

  /** Number of a user by the host's own list; null for one it does not have. */
  uid(name: string): number | null {
    return this.#number('/etc/passwd', name)
  }

  /** Number of a group by the host's own list; null for one it does not have. */
  gid(name: string): number | null {
    return this.#number('/etc/group', name)
  }

  /** Whether a path has this owner, group and, where asked, mode. */
  isOwned(path: string, { user, group, mode }: Ownership, withMode = true): boolean {
    const stat = this.stat(path)
    return (
      stat !== null &&
      stat.uid === this.uid(user) &&
      stat.gid === this.gid(group) &&
      (!withMode || (stat.mode & 0o7777) === mode)
    )
  }

  /** Puts a file in place in one go, with missing directories above it. */
  write(path: string, content: Uint8Array | string, owner: Ownership): void {
    this.#mustBe(path, (stat) => stat.isFile(), 'is not a regular file')
    this.makeParents(path)
    const folder = this.at(dirname(path))
    const fresh = join(folder, `.${basename(path)}.${randomUUID()}`)
    const fd = openSync(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    try {
      writeFileSync(fd, content)
      this.#give(fd, owner)
      renameSync(fresh, this.at(path))
    } catch (error) {
      unlinkSync(fresh)
      throw error
    } finally {
      closeSync(fd)
    }
  }

  /** Makes a directory, or gives it to its owner; its mode is the operator's once it exists. */
  makeDirectory(path: string, owner: Ownership): void {
    this.#mustBe(path, (stat) => stat.isDirectory(), 'is not a directory')
    this.makeParents(path)
    const isNew = this.stat(path) === null
    if (isNew) mkdirSync(this.at(path), 0o700)
    const fd = openSync(this.at(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try {
      this.#give(fd, isNew ? owner : { ...owner, mode: (this.stat(path)?.mode ?? 0) & 0o7777 })
    } finally {
      closeSync(fd)
    }
  }

  /** Makes the directories above a path, root's and 0755, after a look at those that exist. */
  makeParents(path: string): void {
    this.guard(path)
    for (const at of this.missingParents(path)) {
      mkdirSync(this.at(at))
      chmodSync(this.at(at), 0o755)
    }
  }

  /** Removes a file, or a link in its place; a directory that is empty. What is not there is fine. */
  remove(path: string): void {
    this.guard(path)
    const stat = this.stat(path)
    if (stat?.isDirectory()) rmdirSync(this.at(path))
    else if (stat) unlinkSync(this.at(path))
  }

  /** Directories above a path that do not exist, from the top. */
  missingParents(path: string): string[] {
    const missing: string[] = []
    for (let at = dirname(path); at !== '/' && this.stat(at) === null; at = dirname(at))
      missing.unshift(at)
    return missing
  }

  /**
   * Refuses a path on whose way somebody else than root could put something: a `Failure` that names it.
   * Directories of our own users are let through: what is made in them is opened without following.
   */
  guard(path: string): void {
    const own = [0, this.uid('spillway-shim'), this.uid('spillway')]
    for (let at = dirname(path); at !== '/'; at = dirname(at)) {
      const stat = this.stat(at)
      if (stat === null) continue
      if (stat.isSymbolicLink()) throw refusal(this.at(at), 'is a symbolic link')
      if (!stat.isDirectory()) throw refusal(this.at(at), 'is not a directory')
      if (!own.includes(stat.uid)) throw refusal(this.at(at), 'does not belong to root')
      const isOpen = (stat.mode & 0o022) !== 0 && (stat.mode & 0o1000) === 0
      if (isOpen) throw refusal(this.at(at), 'can be written by others than root')
    }
  }

  #mustBe(path: string, isRight: (stat: Stats) => boolean, fault: string): void {
    const stat = this.stat(path)
    if (stat !== null && !isRight(stat))
      throw refusal(this.at(path), stat.isSymbolicLink() ? 'is a symbolic link' : fault)
  }

  #give(fd: number, { user, group, mode }: Ownership): void {
    const [uid, gid] = [this.uid(user), this.gid(group)]
    if (uid === null || gid === null)
      throw new Failure(ExitCode.Fault, `there is no ${user}:${group} in ${this.at('/etc/passwd')}`)
    fchownSync(fd, uid, gid)
    fchmodSync(fd, mode)
  }

  #number(list: string, name: string): number | null {
    if (name === 'root') return 0
    const line = this.read(list)
      ?.split('\n')
      .find((entry) => entry.startsWith(`${name}:`))
    return line === undefined ? null : Number(line.split(':')[2])
  }
}

function refusal(path: string, fault: string): Failure {
  return new Failure(ExitCode.Fault, `${path} ${fault}: nothing is written there`)
}
