/** What is filled into a record per event, by the name that stands in braces in the kinds. */
export const Slot = {
  stamp: 0,
  node: 1,
  pid: 2,
  ppid: 3,
  /** The ids of a SYSCALL record, and what ENRICHED makes of them. */
  ids: 4,
  IDS: 5,
  /** `uid=… auid=… ses=…` of a user-space record, and what ENRICHED makes of them. */
  who: 6,
  WHO: 7,
  acct: 8,
  /** `comm=… exe=…`. */
  prog: 9,
  comm: 10,
  exe: 11,
  exenode: 12,
  /** `argc=… a0=…`. */
  argv: 13,
  title: 14,
  key: 15,
  /** Two keys in one value. */
  keys2: 16,
  path: 17,
  inode: 18,
  /** The directory of the path. */
  dir: 19,
  dirnode: 20,
  cwd: 21,
  /** Addresses of three regions, as hex digits. */
  stack: 22,
  heap: 23,
  mapped: 24,
  fd: 25,
  ip: 26,
  port: 27,
  /** The IPv4 socket address of ip and port in hex. */
  saddr: 28,
} as const
export type Slot = (typeof Slot)[keyof typeof Slot]

/** Slot names by number. */
export const SLOT_NAMES: readonly string[] = Object.keys(Slot)
