import { FIELD_KINDS, FIELD_KINDS_BY_TYPE, FieldKind } from '../tables/fields.ts'
import { NameTable } from './names.ts'
import { TextTable } from './words.ts'

/**
 * How the value of each field is written: the field's kind from the tables, or one of the roles
 * below where a field means more than its value.
 */
export const Role: typeof FieldKind & {
  /** `a0` … `a3` of SYSCALL: one list, ARGV. */
  readonly SyscallArgument: 16
  /** `key` of a record made by a rule. */
  readonly Key: 17
  /** `items` of SYSCALL: how many PATH records belong to the event. */
  readonly Items: 18
  /** `msg='…'` of user records: an object. */
  readonly Nested: 19
  /** `SADDR={ … }`, auditd's reading of `saddr`: an object. */
  readonly Braced: 20
  /** `proctitle`: the list ARGV, split at NUL. */
  readonly Title: 21
  /** Text up to the end of its object: `path` in SADDR. */
  readonly Rest: 22
  /** Text up to the fields that auditctl adds: `text` in the message of a person. */
  readonly Message: 23
} = {
  ...FieldKind,
  SyscallArgument: 16,
  Key: 17,
  Items: 18,
  Nested: 19,
  Braced: 20,
  Title: 21,
  Rest: 22,
  Message: 23,
}

/** Stands for the type of what lies inside `msg='…'`. */
export const NESTED = -1
/** Stands for the type of what lies inside `SADDR={…}`. */
export const BRACED = -2

const SYSCALL = 1300
const URINGOP = 1336
const PATH = 1302
const PROCTITLE = 1327

const ROLES: readonly (readonly [type: number | null, name: string, role: number])[] = [
  [SYSCALL, 'a0', Role.SyscallArgument],
  [SYSCALL, 'a1', Role.SyscallArgument],
  [SYSCALL, 'a2', Role.SyscallArgument],
  [SYSCALL, 'a3', Role.SyscallArgument],
  [SYSCALL, 'key', Role.Key],
  [URINGOP, 'key', Role.Key],
  [SYSCALL, 'items', Role.Items],
  [URINGOP, 'items', Role.Items],
  [PROCTITLE, 'proctitle', Role.Title],
  [NESTED, 'text', Role.Message],
  [BRACED, 'path', Role.Rest],
  [null, 'msg', Role.Nested],
  [null, 'SADDR', Role.Braced],
]

/**
 * Names of text fields that come with most events. A name in no table is text as well, but costs a
 * string: with these left out a third of the decode time went there.
 */
const COMMON_NAMES =
  'text success tty subj obj dev rdev nametype objtype cap_frootid res result op acct hostname addr ' +
  'terminal grantors unit saddr scontext tcontext tclass permissive dev netns table family ' +
  'fp direction kind spid suid rport laddr lport cipher ksize mac pfs grp direction state ' +
  'default-context selected-context apparmor operation profile info label requested_mask ' +
  'denied_mask class prog-id list add_rule remove_rule old new ver format kernel selinux ' +
  'ARCH SYSCALL AUID UID GID EUID SUID FSUID EGID SGID FSGID OUID OGID OAUID OLD-AUID SAUID ' +
  'IUID IGID OBJ_UID OBJ_GID ID INODE_UID INODE_GID NEW_GID URINGOP'

/** Every field name that has a kind or a role or is common, by index. */
export const FIELD_NAMES: readonly string[] = [
  ...new Set([
    ...COMMON_NAMES.split(' '),
    ...FIELD_KINDS.map(([name]) => name),
    ...FIELD_KINDS_BY_TYPE.map(([, name]) => name),
    ...ROLES.map(([, name]) => name),
  ]),
]

/** `name=` of each field, by index. */
export const NAMES: TextTable = new TextTable(FIELD_NAMES.map((name) => `${name}=`))

/** `,"name":` of each field, by index. */
export const MEMBERS: TextTable = new TextTable(FIELD_NAMES.map((name) => `,"${name}":`))

/** Look-up of a field's index by the bytes of its name. */
export const FIELD_TABLE: NameTable = new NameTable(FIELD_NAMES)

const INDEX = new Map(FIELD_NAMES.map((name, index) => [name, index]))

function rolesOf(type: number): Uint8Array {
  const roles = new Uint8Array(FIELD_NAMES.length).fill(Role.Text)
  const set = (name: string, role: number): void => {
    roles[INDEX.get(name) as number] = role
  }
  for (const [name, kind] of FIELD_KINDS) set(name, kind)
  for (const [of, name, kind] of FIELD_KINDS_BY_TYPE) if (of === type) set(name, kind)
  for (const [of, name, role] of ROLES) if (of === null || of === type) set(name, role)
  return roles
}

/** What is known of the records of one type. */
export interface RecordShape {
  /** Role of each field, by its index. */
  readonly roles: Uint8Array
  /** Field that came after each field, and last of all the first one, when it came last; -1 before. */
  readonly next: Int16Array
  /** Field at which a run begins that is often the same, or -1, and field that ends it, or -1. */
  readonly runFrom: number
  readonly runTo: number
}

/** Fields between which records of a type often repeat each other; see runs.ts. */
const RUNS: ReadonlyMap<number, readonly [from: string, to: string | null]> = new Map([
  [SYSCALL, ['auid', 'comm']],
  [PATH, ['dev', null]],
])

const LAST_TYPE = 2999
// Filled, so that V8 keeps it an array and no hash table.
const SHAPES: (RecordShape | undefined)[] = Array.from({ length: LAST_TYPE + 3 })

/** The shape of records of this type, or of NESTED or BRACED. */
export function shapeFor(type: number): RecordShape {
  // Numbers beyond the kernel's and user space's ranges are names without a number.
  if (type > LAST_TYPE) return shapeFor(0)
  const known = SHAPES[type + 2]
  if (known !== undefined) return known
  const shape = {
    roles: rolesOf(type),
    next: new Int16Array(FIELD_NAMES.length + 1).fill(-1),
    runFrom: FIELD_NAMES.indexOf(RUNS.get(type)?.[0] ?? ''),
    runTo: FIELD_NAMES.indexOf(RUNS.get(type)?.[1] ?? ''),
  }
  SHAPES[type + 2] = shape
  return shape
}
