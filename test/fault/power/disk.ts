/**
 * A disk that loses its power: what was synced stays, of everything else any part may. Names are durable
 * when their directory was synced, and go in the order in which they were made; nothing is assumed of
 * what a file system does beyond that.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Step } from './trace.ts'

interface Change {
  readonly step: number
  readonly apply: (bytes: Buffer) => Buffer
}

/** A file's bytes, whatever its name. */
interface Inode {
  durable: Buffer
  pending: Change[]
  size: number
}

interface NameChange {
  readonly step: number
  readonly apply: (names: Map<string, Inode>) => void
}

/** Names of one directory. */
interface Directory {
  readonly durable: Map<string, Inode>
  pending: NameChange[]
}

/** What is lost of that which was not synced; `pick` gives a number from 0 up to below 1. */
export interface Loss {
  readonly names: 'none' | 'some' | 'all'
  readonly bytes: 'some' | 'all'
  readonly pick: () => number
}

/** Follows the steps of a trace. */
export class Disk {
  readonly #now = new Map<string, Inode>()
  readonly #directories = new Map<string, Directory>()
  #step = 0

  take(step: Step): void {
    const at = this.#step++
    if (step.kind === 'acknowledge') return
    const { path } = step
    const inode = this.#now.get(path)
    if (step.kind === 'open') this.#open(step.path, step.flags, at)
    else if (step.kind === 'rename') this.#name(at, path, step.to, inode)
    else if (step.kind === 'unlink') this.#name(at, path, null, inode)
    else if (step.kind === 'sync') this.#sync(path, step.begun)
    else if (inode && step.kind === 'truncate') this.#truncate(inode, step.size, at)
    else if (inode && step.kind === 'write') {
      const offset = step.at ?? inode.size
      inode.size = Math.max(inode.size, offset + step.bytes.length)
      const apply = (bytes: Buffer) => overwrite(bytes, step.bytes, offset)
      inode.pending.push({ step: at, apply })
    }
  }

  /** Writes what a power cut leaves of the files under `root` to another directory. */
  leave(root: string, to: string, loss: Loss): void {
    const contents = new Map<Inode, Buffer>()
    for (const { durable, pending } of this.#directories.values()) {
      const names = new Map(durable)
      for (const change of pending.slice(0, keptOf(loss, pending.length))) change.apply(names)
      for (const [path, inode] of names) {
        const bytes = contents.get(inode) ?? left(inode, loss)
        contents.set(inode, bytes)
        const target = join(to, relative(root, path))
        mkdirSync(dirname(target), { recursive: true, mode: 0o750 })
        writeFileSync(target, bytes, { mode: 0o640 })
      }
    }
  }

  #open(path: string, flags: string, at: number): void {
    const inode = this.#now.get(path)
    if (inode && flags.includes('O_TRUNC')) this.#truncate(inode, 0, at)
    if (inode || !flags.includes('O_CREAT')) return
    const fresh: Inode = { durable: Buffer.alloc(0), pending: [], size: 0 }
    this.#now.set(path, fresh)
    this.#directory(path).pending.push({ step: at, apply: (names) => void names.set(path, fresh) })
  }

  #truncate(inode: Inode, size: number, at: number): void {
    inode.size = size
    inode.pending.push({
      step: at,
      apply: (bytes) => overwrite(bytes.subarray(0, size), none, size),
    })
  }

  /** All renames are within a directory. */
  #name(at: number, path: string, to: string | null, inode: Inode | undefined): void {
    if (!inode) return
    const apply = (names: Map<string, Inode>) => {
      names.delete(path)
      if (to !== null) names.set(to, inode)
    }
    apply(this.#now)
    this.#directory(path).pending.push({ step: at, apply })
  }

  #sync(path: string, begun: number): void {
    const inode = this.#now.get(path)
    const directory = this.#directories.get(path)
    if (inode) {
      for (const { step, apply } of inode.pending)
        if (step < begun) inode.durable = apply(inode.durable)
      inode.pending = inode.pending.filter(({ step }) => step >= begun)
    }
    if (directory) {
      for (const { step, apply } of directory.pending) if (step < begun) apply(directory.durable)
      directory.pending = directory.pending.filter(({ step }) => step >= begun)
    }
  }

  #directory(path: string): Directory {
    const name = dirname(path)
    const directory = this.#directories.get(name) ?? { durable: new Map(), pending: [] }
    this.#directories.set(name, directory)
    return directory
  }
}

const none = Buffer.alloc(0)

function keptOf({ names, pick }: Loss, count: number): number {
  if (names === 'some') return Math.floor(pick() * (count + 1))
  return names === 'all' ? 0 : count
}

function left({ durable, pending }: Inode, { bytes, pick }: Loss): Buffer {
  const kept = pending.filter(() => bytes === 'some' && pick() < 0.5)
  return kept.reduce((before, { apply }) => apply(before), durable)
}

function overwrite(bytes: Buffer, part: Buffer, at: number): Buffer {
  const out = Buffer.alloc(Math.max(bytes.length, at + part.length))
  bytes.copy(out)
  part.copy(out, at)
  return out
}
