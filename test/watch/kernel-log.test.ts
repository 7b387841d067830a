import { describe, expect, it } from 'vitest'
import type { KernelNote } from '../../src/model/kernel-note.ts'
import { KernelLog } from '../../src/watch/kernel-log.ts'
import { logLineOf } from '../../src/watch/log-line.ts'

/** Every message about audit that a kernel writes, and what it says. */
const MESSAGES: readonly (readonly [string, KernelNote])[] = [
  [
    'audit: audit_backlog=65 > audit_backlog_limit=64',
    { says: 'over', backlog: 65, backlog_limit: 64 },
  ],
  [
    'audit: audit_lost=19759 audit_rate_limit=0 audit_backlog_limit=64',
    { says: 'lost', lost: 19_759, rate_limit: 0, backlog_limit: 64 },
  ],
  ['audit: backlog limit exceeded', { says: 'backlog' }],
  ['audit: rate limit exceeded', { says: 'rate' }],
  ['audit: kauditd retry queue overflow', { says: 'retry' }],
  ['audit: kauditd hold queue overflow', { says: 'hold' }],
  [
    'audit: out of memory in audit_log_start',
    { says: 'memory', where: 'audit_log_start', counted: true },
  ],
  [
    'audit: out of memory in __audit_log_kern_module',
    { says: 'memory', where: '__audit_log_kern_module', counted: true },
  ],
  [
    'audit: out of memory for argv string',
    { says: 'memory', where: 'argv string', counted: false },
  ],
  ['audit: error in audit_log_exit()', { says: 'error', where: 'audit_log_exit' }],
  ['audit: error in audit_log_subj_ctx', { says: 'error', where: 'audit_log_subj_ctx' }],
  [
    'audit: unrecoverable error in audit_syscall_entry()',
    { says: 'error', where: 'audit_syscall_entry' },
  ],
  ['audit: error updating LSM filters', { says: 'error', where: 'updating LSM filters' }],
  ['audit: error updating watch, skipping', { says: 'error', where: 'updating watch, skipping' }],
  [
    'audit: type=1300 audit(1795350904.350:355463): arch=c000003e syscall=44 key=(null)',
    { says: 'record', type: 1300, id: '1795350904.350:355463' },
  ],
  [
    'type=1400 audit(1262304000.123:17): avc: denied',
    { says: 'record', type: 1400, id: '1262304000.123:17' },
  ],
  [
    'audit_log_start: 50174 callbacks suppressed',
    { says: 'suppressed', by: 'audit_log_start', lines: 50_174 },
  ],
  [
    'kauditd_printk_skb: 3990 callbacks suppressed',
    { says: 'suppressed', by: 'kauditd_printk_skb', lines: 3990 },
  ],
  ['printk: 12 messages suppressed.', { says: 'suppressed', by: null, lines: 12 }],
  ['audit: out of memory, audit has lost a tree reference', { says: 'rule', what: 'tree' }],
  ["audit: audit rule for LSM 'bin_t' is invalid", { says: 'rule', what: 'bin_t' }],
  ['audit: initializing netlink subsys (disabled)', { says: 'boot', what: 'off' }],
  ['audit: initializing netlink socket (enabled)', { says: 'boot', what: 'on' }],
  ['audit: enabled (after initialization)', { says: 'boot', what: 'enabled' }],
  ['audit: disabled (until reboot)', { says: 'boot', what: 'disabled' }],
  ['audit: audit_backlog_limit: 8192', { says: 'limit', backlog_limit: 8192 }],
  [
    'audit: audit_backlog_limit: using default of 64, unable to parse many',
    { says: 'limit', backlog_limit: 64 },
  ],
  [
    'Kernel panic - not syncing: audit: backlog limit exceeded',
    { says: 'panic', why: 'backlog limit exceeded' },
  ],
  ['audit: *NO* daemon at audit_pid=1847', { says: 'gone', pid: 1847 }],
  ['audit: auditd disappeared', { says: 'gone', pid: null }],
  ['audit: auditd dissapeared', { says: 'gone', pid: null }],
  ['audit: printk limit exceeded', { says: 'printk' }],
]

/** What a kernel log says with one line more. */
function noteOf(line: string, log: KernelLog = new KernelLog()): KernelNote | null {
  const said = logLineOf(line)
  return said === null ? null : log.read(said)
}

const FORMS: readonly (readonly [string, (text: string) => string])[] = [
  ['/dev/kmsg', (text) => `4,1213,13094605294,-;${text}`],
  ['dmesg', (text) => `[13094.605294] ${text}`],
  ['syslog', (text) => `Nov 22 12:03:04 web-01 kernel: [13094.605294] ${text}`],
  ['dmesg with the caller', (text) => `[13094.605294][    T1] ${text}`],
  [
    'syslog with the caller',
    (text) => `Nov 22 12:03:04 web-01 kernel: [ 94.605294][   C12] ${text}`,
  ],
  ['/dev/kmsg with the caller', (text) => `4,1213,13094605294,-,caller=T1;${text}`],
  ['the journal', (text) => `2026-11-22T12:03:04.000000+00:00 web-01 kernel: ${text}`],
]

describe.each(FORMS)('a line of %s', (_form, line) => {
  it.each(MESSAGES)('is understood: %s', (text, note) => {
    expect(noteOf(line(text))).toEqual(note)
  })
})

describe('the kernel log', () => {
  it('says that a process was blocked when its stack waits for room in the queue', () => {
    const log = new KernelLog()
    const read = (text: string): KernelNote | null => noteOf(`3,9,9,-;${text}`, log)
    expect(read('INFO: task kworker/u4:3:1234 blocked for more than 120 seconds.')).toBeNull()
    expect(read('Call Trace:')).toBeNull()
    expect(read(' schedule_timeout+0x8d/0x160')).toBeNull()
    expect(read(' ? audit_log_start+0x1f2/0x3a0')).toEqual({
      says: 'blocked',
      comm: 'kworker/u4:3',
      pid: 1234,
      seconds: 120,
    })
    expect(read(' audit_log_start+0x1f2/0x3a0')).toBeNull()
  })

  it.each([
    [
      'another program in /dev/kmsg',
      '12,1,1,-;audit: audit_lost=9 audit_rate_limit=0 audit_backlog_limit=1',
    ],
    ['another program in syslog', 'Nov 22 12:03:04 web-01 evil: audit: backlog limit exceeded'],
    [
      'a program that quotes the kernel',
      'Nov 22 12:03:04 web-01 evil: host kernel: audit: backlog limit exceeded',
    ],
    ['text behind a message', '4,1,1,-;audit: backlog limit exceeded by far'],
    ['text before a message', '4,1,1,-;usb: audit: backlog limit exceeded'],
    ['a continuation line', ' SUBSYSTEM=audit'],
    ['nothing', ''],
  ])('does not believe %s', (_what, line) => {
    expect(noteOf(line)).toBeNull()
  })
})
