import { statfsSync } from 'node:fs'

/** Types of the file systems on disks and in the memory of a host (statfs(2), linux/magic.h). */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, // ext2 to ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0xf2f52010, // f2fs
  0x2fc12fc1, // zfs
  0x794c7630, // overlayfs
  0x01021994, // tmpfs
])

/** True where a small write is a copy into this host's memory, and no network may have to be waited for. */
export function isLocal(path: string): boolean {
  try {
    return LOCAL.has(statfsSync(path).type)
  } catch {
    return false
  }
}
