import { describe, expect, it } from 'vitest'
import { parseRules } from '../../src/watch/listing.ts'
import { parseState } from '../../src/watch/state-file.ts'

/** As auditd 3.0.9 wrote it. */
const STATE = `audit version = 3.0.9
current time = 11/22/26 16:36:07
process priority = -4
writing to logs = yes
current log size = 1 KB
max log size = 1024 KB
logs detected last rotate/shift = 0
space left on partition = yes
Logging partition free space 67000 MB
space_left setting 2 MB
admin_space_left setting 1 MB
logging suspended = no
file system space action performed = no
admin space action performed = no
disk error detected = no
Number of active plugins = 3
current plugin queue depth = 0
max plugin queue depth used = 4
plugin queue size = 600
plugin queue overflow detected = yes
plugin queueing suspended = no
listening for network connections = no
`

describe('the state file of auditd', () => {
  it('is read', () => {
    expect(parseState(STATE)).toEqual({
      queue_depth: 0,
      queue_peak: 4,
      queue_size: 600,
      queue_overflow: true,
      queue_suspended: false,
      plugins: 3,
      writes_logs: true,
      logging_suspended: false,
      disk_error: false,
    })
  })

  it('is read without the lines that an auditd without plugins leaves out', () => {
    const text = STATE.split('\n').filter((line) => !line.includes('plugin'))
    expect(parseState(text.join('\n'))).toMatchObject({ queue_depth: null, disk_error: false })
  })

  it('is nothing else', () => {
    expect(parseState('')).toBeNull()
    expect(parseState('plugin queue size = 600\n')).toBeNull()
  })
})

describe('auditctl -l', () => {
  it('is a list of rules, in their order', () => {
    const lines = ['-w /etc/passwd -p wa -k identity', '', '-a always,exit -S all -F pid=1 ']
    expect(parseRules(lines)).toMatchObject({
      rules: ['-w /etc/passwd -p wa -k identity', '-a always,exit -S all -F pid=1'],
      more: 0,
    })
  })

  it('is an empty list where it says so', () => {
    expect(parseRules(['No rules'])).toMatchObject({ rules: [], more: 0 })
  })

  it('is bounded, while its digest is that of all', () => {
    const rules = Array.from({ length: 3000 }, (_, n) => `-w /a/file/of/some/length/${n} -p wa`)
    const { rules: first, more, digest } = parseRules(rules)
    expect(first.join('\n').length).toBeLessThanOrEqual(64 * 1024)
    expect(first.length + more).toBe(3000)
    expect(parseRules(rules.with(2999, '-w /other -p wa'))).toMatchObject({ rules: first, more })
    expect(parseRules(rules.with(2999, '-w /other -p wa')).digest).not.toBe(digest)
  })
})
