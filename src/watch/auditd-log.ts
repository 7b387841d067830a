import type { AuditdNote } from '../model/auditd-note.ts'
import type { LogLine } from './log-line.ts'

/**
 * What auditd says in the system's log: the messages of auditd.c, auditd-event.c, audispd.c and queue.c in
 * audit-userspace, as 3.0.9 has them and 4.2 where that says it otherwise.
 */

type Reader = (match: RegExpExecArray) => AuditdNote

const log = (is: Extract<AuditdNote, { says: 'log' }>['is']): Reader => {
  return ([, why]) => ({ says: 'log', is, why: why ?? null })
}
const plugin = (is: Extract<AuditdNote, { says: 'plugin' }>['is']): Reader => {
  return ([, name, why]) => ({ says: 'plugin', plugin: name ?? null, is, why: why ?? null })
}
const setup: Reader = ([why]) => ({ says: 'setup', why })
const exit: Reader = ([why]) => ({ says: 'exit', why })

/** Messages, whole. */
const MESSAGES: readonly (readonly [RegExp, Reader])[] = [
  [/^queue to plugins is full - dropping event$/, () => ({ says: 'queue-full' })],
  [
    /^auditd queue full reporting limit reached - ending dropped event notifications$/,
    () => ({ says: 'queue-muted' }),
  ],
  [
    /^Auditd is suspending event passing to plugins due to overflowing its queue\.$/,
    () => ({ says: 'queue-suspended' }),
  ],
  [
    /^audit dispatcher initialized with q_depth=(\d+) and (\d+) active plugins$/,
    ([, size, plugins]) => ({ says: 'queue', size: Number(size), plugins: Number(plugins) }),
  ],
  [/^plugin (\S+) terminated unexpectedly$/, plugin('ended')],
  [/^plugin (\S+) was restarted(?: \(\d+x\))?$/, plugin('restarted')],
  [/^plugin (\S+) has exceeded max_restarts$/, plugin('given-up')],
  [/^plugin (\S+) failed after restart: (.*)$/, plugin('given-up')],
  [/^Error running (\S+) \((.*)\) continuing without it$/, plugin('refused')],
  [/^Skipping (\S+) plugin due to errors$/, plugin('refused')],
  [/^(\S+) (permissions should be (?:0750|at least 0550))$/, plugin('refused')],
  [/^(\S+) (is (?:not owned by root|group or world writable))$/, plugin('refused')],
  [/^Restarting (\S+) since binary changed$/, plugin('replaced')],
  [/^Terminating (\S+) because its now inactive$/, plugin('removed')],
  [
    /^(?:No plugins found, not dispatching events|After reconfigure, there are no active plugins, exiting|Terminating plugins|Dispatcher plugins cleaned up)$/,
    ([why]) => ({ says: 'plugin', plugin: null, is: 'removed', why }),
  ],
  [
    /^Plugin configuration reload failed, keeping old state$/,
    ([why]) => ({ says: 'plugin', plugin: null, is: 'refused', why }),
  ],
  [/^Error receiving audit netlink packet \((.*)\)$/, ([, why]) => ({ says: 'receive', why })],
  [
    /^(Netlink event from kernel is too big|Netlink message from kernel was not OK)$/,
    ([, why]) => ({ says: 'receive', why }),
  ],
  [
    /^Audit daemon is (?:very )?low on disk space for logging(?:\. (.*)| and unknown .*)?$/,
    log('low'),
  ],
  [/^Audit daemon has no space left on logging partition$/, log('full')],
  [/^Audit daemon log file is larger than max size(?: and unknown .*)?$/, log('large')],
  [/^(?:\w+: )?Audit daemon detected an error writing an event to disk \((.*)\)$/, log('error')],
  [/^Audit daemon is suspending logging due to (.*?)\.?$/, log('suspended')],
  [/^(Could not reopen a log after (?:rotating|resume logging|reconfigure))\.?$/, log('suspended')],
  [/^(Unsafe audit log directory for \S+ \(.*\))$/, log('error')],
  [/^(Error rotating logs from \S+ to \S+ \(.*\))$/, log('error')],
  [/^(Last known log disappeared \(.*\))$/, log('error')],
  [/^Audit daemon rotating log files(?: with keep option)?$/, log('rotated')],
  [/^(Log \S+ removed as it exceeds num_logs parameter)$/, log('rotated')],
  [/^Audit daemon (?:resumed|is attempting to resume) logging\.$/, log('resumed')],
  [
    /^(?:The audit daemon|Auditd) is now changing the system to single user mode(?: and exiting)?(?: due to (.*?)\.?)?$/,
    ([, why = 'low disk space']) => ({ says: 'system', is: 'single', why }),
  ],
  [
    /^(?:The audit daemon|Auditd) is now halting the system(?: and exiting)?(?: due to (.*?)\.?)?$/,
    ([, why = 'low disk space']) => ({ says: 'system', is: 'halt', why }),
  ],
  [
    /^Init complete, auditd (\S+) listening for events \(startup state (\w+)\)$/,
    ([, version, state]) => ({ says: 'start', version, state }),
  ],
  [/^Unknown overflow action requested$/, setup],
  [/^q_depth should be larger than 512 for safety margin$/, setup],
  [/^Cannot set netlink no enobufs option \(.*\)$/, setup],
  [/^(?:Unable to adjust out of memory score|Cannot change priority \(.*\))$/, setup],
  [/^The audit daemon is exiting\.$/, () => ({ says: 'exit', why: null })],
  [/^Unable to set audit pid, exiting$/, exit],
  [/^Unable to set initial audit startup state to '.*', exiting$/, exit],
  [/^Cannot (?:open netlink audit socket|daemonize \(.*\)|send start message)$/, exit],
  [/^(?:Cannot allocate audit reply|No memory for formatting), exiting$/, exit],
]

/** Under which name auditd logs. */
const PROGRAM = 'auditd'

/**
 * What a line of the system's log says of auditd; null for nothing. Whoever may write to that log may
 * forge one, so that no such line alone is a reason to act.
 */
export function auditdNoteOf({ from, text }: LogLine): AuditdNote | null {
  if (from !== PROGRAM) return null
  for (const [pattern, read] of MESSAGES) {
    const match = pattern.exec(text)
    if (match !== null) return read(match)
  }
  return null
}
