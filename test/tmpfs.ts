import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** True where this process may mount; tests that need a full disk are skipped by name elsewhere. */
export const canMount: boolean = ((): boolean => {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-mount-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', directory]).status === 0
  if (mounted) execFileSync('umount', [directory])
  rmdirSync(directory)
  if (!mounted)
    process.stderr.write('full-disk tests are SKIPPED: this user may not mount a tmpfs\n')
  return mounted
})()

/** Runs `use` on a file system of `bytes` bytes that is gone afterwards. */
export async function onSmallDisk(
  bytes: number,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory])
  try {
    await use(directory)
  } finally {
    execFileSync('umount', ['-l', directory])
    rmdirSync(directory)
  }
}
