// login is left out: auditd before 4 counts a LOGIN record apart from the SYSCALL of its event
/** Shares of the kinds of events in logs that are held against ausearch and aureport. */
export const MIX: Readonly<Record<string, number>> = {
  open: 30,
  create: 8,
  exec: 16,
  bigexec: 0.2,
  unlink: 7,
  rename: 3,
  chmod: 4,
  connect: 12,
  kill: 1,
  mmap: 1,
  getppid: 1,
  module: 1,
  avc: 2,
  config: 1,
  seccomp: 1,
  user: 9,
  daemon: 1,
}
