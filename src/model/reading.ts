import type { AuditdNote } from './auditd-note.ts'
import type { KernelNote } from './kernel-note.ts'

/**
 * What a watcher reads off the kernel, one JSON object a line. `spillway watch` writes readings to a
 * file; the service, tests and replays read them from one.
 */

/** Version of a reading's layout. */
export const READING_VERSION = 1

/** When and where a reading was taken. */
export interface Taken {
  readonly v: typeof READING_VERSION
  /** Wall clock, ISO 8601. */
  readonly time: string
  /** Boot id of the kernel (/proc/sys/kernel/random/boot_id). */
  readonly boot: string
  /** Microseconds of CLOCK_MONOTONIC: orders the readings of a boot, whatever the wall clock does. */
  readonly monotonic_us: number
}

/**
 * Members of the kernel's `struct audit_status` (include/uapi/linux/audit.h), under its names. Null
 * where the kernel or auditctl is too old to have one.
 */
export interface Status {
  /** 0 off, 1 on, 2 on and locked until reboot. */
  readonly enabled: number | null
  /** 0 silent, 1 printk, 2 panic. */
  readonly failure: number | null
  /** auditd's process, 0 when there is none. */
  readonly pid: number | null
  /** Records a second, 0 for no limit. */
  readonly rate_limit: number | null
  /** Records, 0 for no limit. */
  readonly backlog_limit: number | null
  /** Losses since boot or its last reset, a 32-bit counter: a loss is a record or a whole event. */
  readonly lost: number | null
  /** Records in the main queue at this moment. */
  readonly backlog: number | null
  /** Jiffies (1/CONFIG_HZ s) that a process waits for room. */
  readonly backlog_wait_time: number | null
  /** Jiffies that all processes together have waited for room. */
  readonly backlog_wait_time_actual: number | null
  /** 1 when a login id cannot be changed once it is set. */
  readonly loginuid_immutable: number | null
}

/** The kernel answered `auditctl -s`. */
export interface StatusReading extends Taken, Status {
  readonly kind: 'status'
  /** Milliseconds until the answer was there. Over 100 the kernel let the question wait for room. */
  readonly took_ms: number
  /** Jiffies in a second (CONFIG_HZ); null where the kernel's configuration cannot be read. */
  readonly hz: number | null
}

/** auditd's netlink socket, from /proc/net/netlink: asks the kernel's audit code nothing. */
export interface NetlinkReading extends Taken {
  readonly kind: 'netlink'
  /** Port of the socket: the process that opened it. */
  readonly pid: number
  /** Bytes that wait in the socket. */
  readonly rmem: number
  /** Sends that failed since the socket was opened; these are no lost records. */
  readonly drops: number
}

/** What keeps the status from being known now. */
export interface UnknownReading extends Taken {
  readonly kind: 'unknown'
  /**
   * `lag`: not asked, since the stream lags and a question would delay it further; `waiting`: asked
   * over 100 ms ago without an answer; `failed`: auditctl could not be run or said nothing.
   */
  readonly why: 'lag' | 'waiting' | 'failed'
  /** In words, for `failed`. */
  readonly reason?: string
}

/** A line of the kernel log that is about audit. */
export type KernelLogReading = Taken & { readonly kind: 'kmsg' } & KernelNote

/** A line of auditd's own log, or what a watcher sees of auditd without it. */
export type AuditdReading = Taken & { readonly kind: 'auditd' } & AuditdNote

/** What auditd wrote about itself into its state file; null where its version has no such line. */
export interface StateReading extends Taken {
  readonly kind: 'state'
  /** When auditd wrote it, ISO 8601: it does when somebody asks, and by itself with `report_interval`. */
  readonly written: string
  /** Records in its queue for plugins then, the most there ever were, and the queue's room. */
  readonly queue_depth: number | null
  readonly queue_peak: number | null
  readonly queue_size: number | null
  /** The queue has overflown since auditd started, and auditd has ceased to feed its plugins. */
  readonly queue_overflow: boolean | null
  readonly queue_suspended: boolean | null
  /** Plugins it is configured with, alive or not. */
  readonly plugins: number | null
  /** It writes a log at all; it has ceased to; a write failed. */
  readonly writes_logs: boolean | null
  readonly logging_suspended: boolean | null
  readonly disk_error: boolean | null
}

/** The rules the kernel has, as `auditctl -l` prints them. */
export interface RulesReading extends Taken {
  readonly kind: 'rules'
  /** Milliseconds until the answer was there. */
  readonly took_ms: number
  /** In the kernel's order; the first of them where they are very many. */
  readonly rules: readonly string[]
  /** How many are left out. */
  readonly more: number
  /** SHA-256 of all of them, in hex. */
  readonly digest: string
}

export type Reading =
  | StatusReading
  | NetlinkReading
  | UnknownReading
  | KernelLogReading
  | AuditdReading
  | StateReading
  | RulesReading

/** A reading without when and where it was taken. */
export type Said =
  | Omit<StatusReading, keyof Taken>
  | Omit<NetlinkReading, keyof Taken>
  | Omit<UnknownReading, keyof Taken>
  | Omit<StateReading, keyof Taken>
  | Omit<RulesReading, keyof Taken>
  | ({ readonly kind: 'kmsg' } & KernelNote)
  | ({ readonly kind: 'auditd' } & AuditdNote)
