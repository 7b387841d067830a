import { QUOTE } from '../../model/bytes.ts'
import { NO_USER, readCall, USER_ROOM } from '../../model/origins.ts'
import { RECORD_TYPES } from '../../tables/record-types.ts'
import { AARCH64_CALLS, X86_64_CALLS } from '../../tables/syscalls.ts'

/** Architectures as records have them (AUDIT_ARCH_* in linux/audit.h), with the names of their calls. */
const CALLS: ReadonlyMap<number, readonly string[]> = new Map([
  [0xc000003e, X86_64_CALLS],
  [0xc00000b7, AARCH64_CALLS],
])

/** Characters of a name that are told. */
const MOST_CHARACTERS = 255

const TYPES: ReadonlyMap<number, string> = new Map(RECORD_TYPES)

/** A program's or a path's name, as a record has it: behind a quote, or in hex. */
export function wholeText(raw: Uint8Array): string {
  const bytes = Buffer.from(raw)
  const text = bytes[0] === QUOTE ? bytes.subarray(1) : Buffer.from(bytes.toString('latin1'), 'hex')
  return text.toString('utf8')
}

/** As much of such a name as is told. */
export function textOf(raw: Uint8Array): string {
  return wholeText(raw).slice(0, MOST_CHARACTERS)
}

/** A user of an origin: `auid 1000` who has logged in, `uid 33` who has not. */
export function userName(user: number): string {
  if (user === NO_USER) return 'unknown'
  return user < USER_ROOM ? `auid ${user}` : `uid ${user - USER_ROOM}`
}

/** A call of an origin: the system call's name or number, or the record type. */
export function callName(call: number): string {
  const read = readCall(call)
  if ('type' in read) return TYPES.get(read.type) ?? `type ${read.type}`
  const name = CALLS.get(read.arch)?.[read.number]
  return name !== undefined && name !== '-' ? name : `syscall ${read.number}`
}

/** A parent process. */
export function parentName(pid: number): string {
  return `pid ${pid}`
}

/** A path prefix and all directories above it. */
export function directoriesOf(path: string): readonly string[] {
  const parts = path.split('/').slice(1)
  return [
    '/',
    ...parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`).filter((one) => one !== '/'),
  ]
}
