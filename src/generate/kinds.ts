import { SYSCALL_KINDS } from './kinds-syscall.ts'
import { SYSTEM_KINDS } from './kinds-system.ts'
import type { Kind } from './records.ts'

/** The keys of the rules that the kinds come from. More keys get names of their own. */
export const HOME_KEYS: readonly string[] = [
  'exec',
  'access',
  'delete',
  'perm-mod',
  'network',
  'write',
  'modules',
  'memory',
  'signals',
]

/** Every kind of event; the first is what a flood is made of. EOE stands where the kernel sends one. */
export const KINDS: readonly Kind[] = [...SYSCALL_KINDS, ...SYSTEM_KINDS]

/** Names that a mix may use. */
export const KIND_NAMES: readonly string[] = KINDS.map((kind) => kind.name)
