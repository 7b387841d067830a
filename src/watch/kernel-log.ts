import type { KernelNote } from '../model/kernel-note.ts'
import type { LogLine } from './log-line.ts'

/**
 * What the kernel log says about audit: the messages of kernel/audit.c, auditsc.c, audit_tree.c and
 * auditfilter.c since 2.6.32, behind `audit: ` (pr_fmt), and what printk and khungtaskd say of them.
 */

const PREFIX = 'audit: '

type Reader = (match: RegExpExecArray) => KernelNote

/** Messages behind `audit: `, whole. */
const MESSAGES: readonly (readonly [RegExp, Reader])[] = [
  [
    /^audit_backlog=(\d+) > audit_backlog_limit=(\d+)$/,
    ([, backlog, limit]) => ({
      says: 'over',
      backlog: Number(backlog),
      backlog_limit: Number(limit),
    }),
  ],
  [
    /^audit_lost=(\d+) audit_(?:rate_limit|rate)=(\d+) audit_backlog_limit=(\d+)$/,
    ([, lost, rate, limit]) => ({
      says: 'lost',
      lost: Number(lost),
      rate_limit: Number(rate),
      backlog_limit: Number(limit),
    }),
  ],
  [/^backlog limit exceeded$/, () => ({ says: 'backlog' })],
  [/^rate limit exceeded$/, () => ({ says: 'rate' })],
  [/^kauditd retry queue overflow$/, () => ({ says: 'retry' })],
  [/^kauditd hold queue overflow$/, () => ({ says: 'hold' })],
  [/^out of memory in (\w+)$/, ([, where]) => ({ says: 'memory', where, counted: true })],
  [/^out of memory for (argv string)$/, ([, where]) => ({ says: 'memory', where, counted: false })],
  [/^error in (\w+)(?:\(\))?$/, ([, where]) => ({ says: 'error', where })],
  [/^unrecoverable error in (\w+)(?:\(\))?$/, ([, where]) => ({ says: 'error', where })],
  [/^error (updating .*)$/, ([, where]) => ({ says: 'error', where })],
  [/^out of memory, audit has lost a tree reference$/, () => ({ says: 'rule', what: 'tree' })],
  [/^audit rule for LSM '(.*)' is invalid$/, ([, what]) => ({ says: 'rule', what })],
  [
    /^initializing netlink (?:subsys|socket) \((enabled|disabled)\)$/,
    ([, what]) => ({ says: 'boot', what: what === 'enabled' ? 'on' : 'off' }),
  ],
  [/^enabled \(after initialization\)$/, () => ({ says: 'boot', what: 'enabled' })],
  [/^disabled \(until reboot\)$/, () => ({ says: 'boot', what: 'disabled' })],
  [
    /^audit_backlog_limit: (\d+)$/,
    ([, limit]) => ({ says: 'limit', backlog_limit: Number(limit) }),
  ],
  [
    /^audit_backlog_limit: using default of (\d+), unable to parse /,
    ([, limit]) => ({ says: 'limit', backlog_limit: Number(limit) }),
  ],
  [/^\*NO\* daemon at audit_pid=(\d+)$/, ([, pid]) => ({ says: 'gone', pid: Number(pid) })],
  [/^auditd (?:disappeared|dissapeared)$/, () => ({ says: 'gone', pid: null })],
  [/^printk limit exceeded$/, () => ({ says: 'printk' })],
]

/** Messages that stand without `audit: `, or, as records did until 3.16, with or without it. */
const OTHERS: readonly (readonly [RegExp, Reader])[] = [
  [
    /^(?:audit: )?type=(\d+) audit\((\d+\.\d{3}:\d+)\): /,
    ([, type, id]) => ({ says: 'record', type: Number(type), id }),
  ],
  [
    /^(audit_log_start|audit_log_lost|audit_panic|kauditd_printk_skb|audit_printk_skb): (\d+) callbacks suppressed$/,
    ([, by, lines]) => ({ says: 'suppressed', by, lines: Number(lines) }),
  ],
  [
    /^printk: (\d+) messages suppressed\.?$/,
    ([, lines]) => ({ says: 'suppressed', by: null, lines: Number(lines) }),
  ],
  [/^Kernel panic - not syncing: audit: (.*)$/, ([, why]) => ({ says: 'panic', why })],
]

/** Kernels since 6.16 say how: `blocked in I/O wait for more than`. */
const HUNG = /^INFO: task (.+):(\d+) blocked(?: .*?)? for more than (\d+) seconds\.?$/
/** A frame of the stack that follows, in the function that waits for room. */
const WAITS = /^\s*(?:\? )?audit_log_start\+0x/

/** Recognises the messages about audit in the kernel log, line by line. */
export class KernelLog {
  /** The last report of a hung task, while its stack may follow. */
  #hung: RegExpExecArray | null = null

  /** What a line says about audit; null for nothing, and for what is not the kernel's. */
  read({ from, text }: LogLine): KernelNote | null {
    if (from !== 'kernel') return null
    const hung = HUNG.exec(text)
    if (hung !== null) {
      this.#hung = hung
      return null
    }
    if (this.#hung !== null && WAITS.test(text)) {
      const [, comm, pid, seconds] = this.#hung
      this.#hung = null
      return { says: 'blocked', comm, pid: Number(pid), seconds: Number(seconds) }
    }
    const own = text.startsWith(PREFIX) ? find(MESSAGES, text.slice(PREFIX.length)) : null
    return own ?? find(OTHERS, text)
  }
}

function find(messages: readonly (readonly [RegExp, Reader])[], text: string): KernelNote | null {
  for (const [pattern, read] of messages) {
    const match = pattern.exec(text)
    if (match !== null) return read(match)
  }
  return null
}
