import { describe, expect, it } from 'vitest'
import type { AuditdNote } from '../../src/model/auditd-note.ts'
import { auditdNoteOf } from '../../src/watch/auditd-log.ts'
import { logLineOf } from '../../src/watch/log-line.ts'

const plugin = (name: string | null, is: string, why: string | null = null): AuditdNote =>
  ({ says: 'plugin', plugin: name, is, why }) as AuditdNote
const log = (is: string, why: string | null = null): AuditdNote =>
  ({ says: 'log', is, why }) as AuditdNote

/**
 * Messages by the sources of audit-userspace; golden.test.ts has those that an auditd was made to say.
 * Where 3.0.9 and 4.2 differ both are here.
 */
const MESSAGES: readonly (readonly [string, AuditdNote])[] = [
  // audispd.c and queue.c
  [
    'Auditd is suspending event passing to plugins due to overflowing its queue.',
    { says: 'queue-suspended' },
  ],
  [
    'Auditd is now changing the system to single user mode due to overflowing its queue',
    { says: 'system', is: 'single', why: 'overflowing its queue' },
  ],
  [
    'Auditd is now halting the system due to overflowing its queue',
    { says: 'system', is: 'halt', why: 'overflowing its queue' },
  ],
  ['plugin /usr/sbin/x was restarted (3x)', plugin('/usr/sbin/x', 'restarted')],
  [
    'plugin /usr/sbin/x failed after restart: No such file or directory',
    plugin('/usr/sbin/x', 'given-up', 'No such file or directory'),
  ],
  [
    'Error running /usr/sbin/x (Permission denied) continuing without it',
    plugin('/usr/sbin/x', 'refused', 'Permission denied'),
  ],
  ['Skipping x.conf plugin due to errors', plugin('x.conf', 'refused')],
  [
    '/usr/sbin/x permissions should be 0750',
    plugin('/usr/sbin/x', 'refused', 'permissions should be 0750'),
  ],
  [
    '/usr/sbin/x permissions should be at least 0550',
    plugin('/usr/sbin/x', 'refused', 'permissions should be at least 0550'),
  ],
  ['/usr/sbin/x is not owned by root', plugin('/usr/sbin/x', 'refused', 'is not owned by root')],
  [
    '/usr/sbin/x is group or world writable',
    plugin('/usr/sbin/x', 'refused', 'is group or world writable'),
  ],
  ['Restarting /usr/sbin/x since binary changed', plugin('/usr/sbin/x', 'replaced')],
  ['Terminating /usr/sbin/x because its now inactive', plugin('/usr/sbin/x', 'removed')],
  ['Terminating plugins', plugin(null, 'removed', 'Terminating plugins')],
  [
    'After reconfigure, there are no active plugins, exiting',
    plugin(null, 'removed', 'After reconfigure, there are no active plugins, exiting'),
  ],
  // auditd.c
  [
    'Netlink event from kernel is too big',
    { says: 'receive', why: 'Netlink event from kernel is too big' },
  ],
  [
    'Netlink message from kernel was not OK',
    { says: 'receive', why: 'Netlink message from kernel was not OK' },
  ],
  ['Unable to set audit pid, exiting', { says: 'exit', why: 'Unable to set audit pid, exiting' }],
  ...[
    'Unknown overflow action requested',
    'q_depth should be larger than 512 for safety margin',
    'Cannot set netlink no enobufs option (Protocol not available)',
    'Unable to adjust out of memory score',
    'Cannot change priority (Permission denied)',
  ].map((why): [string, AuditdNote] => [why, { says: 'setup', why }]),
  [
    'Plugin configuration reload failed, keeping old state',
    {
      says: 'plugin',
      plugin: null,
      is: 'refused',
      why: 'Plugin configuration reload failed, keeping old state',
    },
  ],
  [
    'Dispatcher plugins cleaned up',
    { says: 'plugin', plugin: null, is: 'removed', why: 'Dispatcher plugins cleaned up' },
  ],
  [
    'The audit daemon is now changing the system to single user mode and exiting due to low disk space',
    { says: 'system', is: 'single', why: 'low disk space' },
  ],
  ['Cannot daemonize (Success)', { says: 'exit', why: 'Cannot daemonize (Success)' }],
  // auditd-event.c
  ['Audit daemon is low on disk space for logging', log('low')],
  [
    'Audit daemon is low on disk space for logging. Suspending logging.',
    log('low', 'Suspending logging.'),
  ],
  ['Audit daemon is very low on disk space for logging', log('low')],
  ['Audit daemon is suspending logging due to low disk space.', log('suspended', 'low disk space')],
  ['Audit daemon has no space left on logging partition', log('full')],
  [
    'Audit daemon is suspending logging due to no space left on logging partition.',
    log('suspended', 'no space left on logging partition'),
  ],
  [
    'write: Audit daemon detected an error writing an event to disk (No space left on device)',
    log('error', 'No space left on device'),
  ],
  [
    'Audit daemon is suspending logging due to previously mentioned write error',
    log('suspended', 'previously mentioned write error'),
  ],
  [
    'The audit daemon is now changing the system to single user mode due to previously mentioned write error',
    { says: 'system', is: 'single', why: 'previously mentioned write error' },
  ],
  [
    'The audit daemon is now halting the system due to no space left on logging partition',
    { says: 'system', is: 'halt', why: 'no space left on logging partition' },
  ],
  [
    'The audit daemon is now halting the system and exiting due to low disk space.',
    { says: 'system', is: 'halt', why: 'low disk space' },
  ],
  [
    'The audit daemon is now halting the system',
    { says: 'system', is: 'halt', why: 'low disk space' },
  ],
  ['Audit daemon log file is larger than max size', log('large')],
  ['Audit daemon is suspending logging due to logfile size.', log('suspended', 'logfile size')],
  ['Audit daemon rotating log files', log('rotated')],
  ['Audit daemon rotating log files with keep option', log('rotated')],
  [
    'Log /var/log/audit/audit.log.4 removed as it exceeds num_logs parameter',
    log('rotated', 'Log /var/log/audit/audit.log.4 removed as it exceeds num_logs parameter'),
  ],
  [
    'Error rotating logs from audit.log to audit.log.1 (Permission denied)',
    log('error', 'Error rotating logs from audit.log to audit.log.1 (Permission denied)'),
  ],
  [
    'Could not reopen a log after rotating.',
    log('suspended', 'Could not reopen a log after rotating'),
  ],
  [
    'Could not reopen a log after resume logging',
    log('suspended', 'Could not reopen a log after resume logging'),
  ],
  [
    'Unsafe audit log directory for /var/log/audit (not owned by root)',
    log('error', 'Unsafe audit log directory for /var/log/audit (not owned by root)'),
  ],
  ['Audit daemon is attempting to resume logging.', log('resumed')],
  ['Audit daemon resumed logging.', log('resumed')],
]

const FORMS: readonly (readonly [string, (text: string) => string])[] = [
  ['syslog', (text) => `Nov 22 12:03:04 web-01 auditd[947]: ${text}`],
  ['the journal', (text) => `2026-11-22T12:03:04+0000 web-01 auditd[947]: ${text}`],
  ['a syslog with precise times', (text) => `2026-11-22T12:03:04.1+01:00 web-01 auditd: ${text}`],
]

function noteOf(line: string): AuditdNote | null {
  const said = logLineOf(line)
  return said === null ? null : auditdNoteOf(said)
}

describe.each(FORMS)('what auditd says in %s', (_form, line) => {
  it.each(MESSAGES)('is understood: %s', (text, note) => {
    expect(noteOf(line(text))).toEqual(note)
  })
})

it.each([
  ['another program', 'Nov 22 12:03:04 web-01 cron[9]: The audit daemon is exiting.'],
  ['the kernel', '4,1,1,-;auditd[9]: The audit daemon is exiting.'],
  ['a longer text', 'Nov 22 12:03:04 web-01 auditd[9]: The audit daemon is exiting. Not.'],
  ['a quotation', 'Nov 22 12:03:04 web-01 su: x auditd[9]: The audit daemon is exiting.'],
])('%s is not taken for auditd', (_what, line) => {
  expect(noteOf(line)).toBeNull()
})
