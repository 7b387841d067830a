import { alertOf } from '../../model/alert.ts'
import type { Message } from '../../model/delivery.ts'
import { callOf, readCall } from '../../model/origins.ts'
import { rounded } from '../counts/figures.ts'

/** Set in `arch` where a call is of 64 bits (__AUDIT_ARCH_64BIT in include/uapi/linux/audit.h). */
const IS_64 = 0x8000_0000

/** execve and execveat of x86-64 and of aarch64: what somebody starts as one of us is told always. */
const STARTS: ReadonlySet<number> = new Set([
  callOf(0xc000003e, 59),
  callOf(0xc000003e, 322),
  callOf(0xc00000b7, 221),
  callOf(0xc00000b7, 281),
])

/** Paths that a shell and auditctl take as they are: whoever runs a program chooses its name, and people paste rules. */
const WORD = /^\/[\w@%+:,./-]+$/

/** Entries of one of our programs. */
export interface OwnProgram {
  /** As records have it; empty where they do not say. */
  readonly program: string
  /** The user, where that is how it was known. */
  readonly uid: number | null
  readonly entries: number
  /** Numbers as `callOf` makes them. */
  readonly calls: readonly number[]
  readonly keys: readonly string[]
}

/** What the alert of our own records is made of. Times in ms since the epoch. */
export interface SelfFigures {
  readonly node: string
  readonly from: number
  readonly time: number
  /** Entries of ours, and of all, in `ms` of the stream's clock. */
  readonly own: number
  readonly all: number
  readonly ms: number
  /** It feeds itself: most of what comes is ours. */
  readonly loops: boolean
  readonly programs: readonly OwnProgram[]
}

/** The alert that our own processes make more than their share. */
export function selfFlood(figures: SelfFigures): Message {
  const { node, from, time, own, all, ms, loops, programs } = figures
  const share = own / all
  const rules = programs.flatMap(exclusionsOf)
  const keys = [...new Set(programs.flatMap((program) => program.keys))]
  const why = loops
    ? 'each record read makes more of them, for ever'
    : 'they cost the queue room and say nothing'
  const advice =
    rules.length === 0
      ? 'find the rule that does it'
      : `exclude them before all other rules: auditctl ${rules.join('; auditctl ')}`
  const text =
    `Spillway's own processes on ${node} make ${percentText(share)} of all audit records ` +
    `(${own} in ${Math.round(ms / 1000)} s)${keys.length === 0 ? '' : ` by the rule keys ${keys.join(', ')}`}: ` +
    `${why}; ${advice}.`
  return alertOf({
    type: 'self.flood',
    node,
    severity: loops ? 'critical' : 'warning',
    time,
    subject: '',
    status: 'firing',
    startsAt: from,
    endsAt: null,
    text,
    evidence: {
      share: rounded(share),
      entries: own,
      entries_per_s: rounded((own * 1000) / ms),
      loops,
      programs: programs.map(({ program, uid, entries }) => ({ program, uid, entries })),
      keys,
      rules,
    },
  })
}

/** The alert that they make no more than that. */
export function selfCalm(node: string, from: number, time: number): Message {
  return alertOf({
    type: 'self.flood',
    node,
    severity: 'info',
    time,
    subject: '',
    status: 'resolved',
    startsAt: from,
    endsAt: time,
    text: `Spillway's own processes on ${node} make hardly any audit records any more.`,
    evidence: {
      share: 0,
      entries: 0,
      entries_per_s: 0,
      loops: false,
      programs: [],
      keys: [],
      rules: [],
    },
  })
}

/**
 * The rules, as arguments of auditctl, that exclude what a program was seen to call, and nothing else.
 * Calls are numbers, as auditctl has names of its own for some (`pwrite` for `pwrite64`).
 */
function exclusionsOf({ program, uid, calls }: OwnProgram): string[] {
  const byWidth = new Map<string, Set<number>>()
  for (const call of calls) {
    const read = readCall(call)
    if ('type' in read || STARTS.has(call)) continue
    const width = read.arch >= IS_64 ? 'b64' : 'b32'
    byWidth.set(width, (byWidth.get(width) ?? new Set()).add(read.number))
  }
  const exe = WORD.test(program) ? [`-F exe=${program}`] : []
  const who = [...exe, ...(uid === null ? [] : [`-F uid=${uid}`])].join(' ')
  if (who === '') return []
  return [...byWidth].map(([width, numbers]) => {
    const list = [...numbers].toSorted((a, b) => a - b).join(',')
    return `-A never,exit -F arch=${width} -S ${list} ${who}`
  })
}

function percentText(share: number): string {
  return `${share < 0.1 ? Math.round(share * 1000) / 10 : Math.round(share * 100)} %`
}
