/** What a line of auditd's own log says, with its figures, or what a watcher sees of auditd. */
export type AuditdNote =
  /** The queue for plugins is full and an event was dropped. Told five times at most. */
  | { readonly says: 'queue-full' }
  /** The same goes on, and is told no more until auditd reads its configuration again. */
  | { readonly says: 'queue-muted' }
  /** Because of the full queue plugins get nothing any more (`overflow_action = SUSPEND`). */
  | { readonly says: 'queue-suspended' }
  /** The queue's room and its plugins, at a start. */
  | { readonly says: 'queue'; readonly size: number; readonly plugins: number }
  | {
      readonly says: 'plugin'
      /** Null for all of them. */
      readonly plugin: string | null
      /** `given-up`: it ended too often and stays away. `refused`: it was not started. */
      readonly is: 'ended' | 'restarted' | 'given-up' | 'refused' | 'replaced' | 'removed'
      /** In auditd's words, where it gives a reason. */
      readonly why: string | null
    }
  /** Reading from the kernel failed; `No buffer space available`: the kernel had records it could not hand over. */
  | { readonly says: 'receive'; readonly why: string }
  /** Its log: `suspended` writes nothing more, while plugins still get everything. */
  | {
      readonly says: 'log'
      readonly is: 'low' | 'full' | 'large' | 'error' | 'suspended' | 'rotated' | 'resumed'
      readonly why: string | null
    }
  /** It takes the system down, as its configuration says. */
  | { readonly says: 'system'; readonly is: 'single' | 'halt'; readonly why: string }
  /** A setting that it does not take, or a right that it does not have: it goes on without. */
  | { readonly says: 'setup'; readonly why: string }
  | { readonly says: 'start'; readonly version: string; readonly state: string }
  /** It ends: asked to, or because it cannot go on (`why`). */
  | { readonly says: 'exit'; readonly why: string | null }
  /** Not a line: its socket in /proc/net/netlink is gone, which this process had opened. */
  | { readonly says: 'absent'; readonly pid: number }
