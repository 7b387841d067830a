import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bytes of the smallest file system that is tried. */
const LEAST_BYTES = 16 << 20

/** Blocks that are not taken at once: the shim takes some in the meantime. */
const SPARE_BLOCKS = 4096

/** An ext4 file system of one's own, in a file on a loop device. */
export class Disk {
  /** Where it is mounted. */
  readonly path: string

  /** Makes one of so many bytes in a directory. */
  constructor(directory: string, bytes: number) {
    const image = join(directory, 'disk.img')
    this.path = join(directory, 'disk')
    mkdirSync(this.path)
    execFileSync('truncate', ['-s', String(bytes), image])
    execFileSync('mkfs.ext4', ['-q', '-m', '0', image])
    execFileSync('mount', ['-o', 'loop', image, this.path])
  }

  /** Freezes it, so that writes do not return, or thaws it. */
  freeze(on: boolean): void {
    execFileSync('fsfreeze', [on ? '--freeze' : '--unfreeze', this.path])
  }

  /** Takes all its room, or gives it back. */
  fill(on: boolean): void {
    const [ballast, rest] = ['ballast', 'rest'].map((name) => join(this.path, name))
    if (!on) {
      for (const path of [ballast, rest]) rmSync(path, { force: true })
      return
    }
    const { bavail, bsize } = statfsSync(this.path)
    execFileSync('fallocate', ['-l', String(Math.max(1, bavail - SPARE_BLOCKS) * bsize), ballast])
    // It ends because the disk is full.
    spawnSync('dd', ['if=/dev/zero', `of=${rest}`, 'bs=64K'], { stdio: 'ignore' })
  }

  /** Thaws and unmounts it. */
  remove(): void {
    spawnSync('fsfreeze', ['--unfreeze', this.path], { stdio: 'ignore' })
    execFileSync('umount', ['-l', this.path])
  }
}

/** Why no disk of one's own can be had here, or null: this process may not mount an image or freeze it. */
export const noDisk: string | null = ((): string | null => {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-loop-'))
  let disk: Disk | null = null
  try {
    disk = new Disk(directory, LEAST_BYTES)
    disk.freeze(true)
    disk.freeze(false)
    return null
  } catch (error) {
    return `no disk of its own (${String(error)})`
  } finally {
    disk?.remove()
    rmSync(directory, { recursive: true, force: true })
  }
})()
