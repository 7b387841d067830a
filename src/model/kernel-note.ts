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
