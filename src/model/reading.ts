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

/** What a line of the kernel log says about audit, with its figures. */
export type KernelNote =
  | { readonly says: 'over'; readonly backlog: number; readonly backlog_limit: number }
  | {
      readonly says: 'lost'
      readonly lost: number
      readonly rate_limit: number
      readonly backlog_limit: number
    }
  /** Why something was just lost. Rate-limited by the kernel, so that counting these says nothing. */
  | { readonly says: 'backlog' | 'rate' | 'retry' | 'hold' }
  /** Memory ran out in a function, or for a purpose; `counted` in `lost` or not. */
  | { readonly says: 'memory'; readonly where: string; readonly counted: boolean }
  /** An error that `lost` does not count. */
  | { readonly says: 'error'; readonly where: string }
  /** A record went to the kernel log because auditd did not take it. */
  | { readonly says: 'record'; readonly type: number; readonly id: string }
  | { readonly says: 'suppressed'; readonly by: string | null; readonly lines: number }
  /** A rule watches less than it says. */
  | { readonly says: 'rule'; readonly what: string }
  | { readonly says: 'boot'; readonly what: 'on' | 'off' | 'disabled' | 'enabled' }
  | { readonly says: 'limit'; readonly backlog_limit: number }
  | { readonly says: 'panic'; readonly why: string }
  /** auditd is gone; kernels before 4.10 say so. */
  | { readonly says: 'gone'; readonly pid: number | null }
  | { readonly says: 'printk' }
  /** A process has waited for room in the queue for so long that the kernel reports it as hung. */
  | {
      readonly says: 'blocked'
      readonly comm: string
      readonly pid: number
      readonly seconds: number
    }

/** A line of the kernel log that is about audit. */
export type KernelLogReading = Taken & { readonly kind: 'kmsg' } & KernelNote

export type Reading = StatusReading | NetlinkReading | UnknownReading | KernelLogReading

/** A reading without when and where it was taken. */
export type Said =
  | Omit<StatusReading, keyof Taken>
  | Omit<NetlinkReading, keyof Taken>
  | Omit<UnknownReading, keyof Taken>
  | ({ readonly kind: 'kmsg' } & KernelNote)
