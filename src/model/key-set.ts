/** Between the keys of one event, in the kernel's records (AUDIT_KEY_SEPARATOR in linux/audit.h) and in `Result.keySets`. */
export const KEY_SEPARATOR = '\u0001'

/** The keys of a set, in order. */
export function keysOf(set: string): string[] {
  return set.split(KEY_SEPARATOR).filter((key) => key !== '')
}
