import { describe, expect, it } from 'vitest'
import { parseStatus } from '../../src/watch/status.ts'

const NOW = `enabled 1
failure 1
pid 947
rate_limit 0
backlog_limit 8192
lost 4294967295
backlog 3
backlog_wait_time 60000
backlog_wait_time_actual 17
loginuid_immutable 0 unlocked`

describe('auditctl -s', () => {
  it('is read as every later version prints it', () => {
    expect(parseStatus(NOW.split('\n'))).toEqual({
      enabled: 1,
      failure: 1,
      pid: 947,
      rate_limit: 0,
      backlog_limit: 8192,
      lost: 4_294_967_295,
      backlog: 3,
      backlog_wait_time: 60_000,
      backlog_wait_time_actual: 17,
      loginuid_immutable: 0,
    })
  })

  it('is read without the members that a kernel before 5.9 or 3.14 has not', () => {
    const lines = NOW.split('\n').filter((line) => !/wait_time|loginuid/.test(line))
    expect(parseStatus(lines)).toMatchObject({
      lost: 4_294_967_295,
      backlog_wait_time: null,
      backlog_wait_time_actual: null,
      loginuid_immutable: null,
    })
  })

  it('is read as RHEL 6 and Ubuntu 14.04 print it, on one line and with another name', () => {
    const line =
      'AUDIT_STATUS: enabled=2 flag=1 pid=1483 rate_limit=0 backlog_limit=320 lost=3 backlog=1'
    expect(parseStatus([line])).toMatchObject({
      enabled: 2,
      failure: 1,
      pid: 1483,
      backlog_limit: 320,
      lost: 3,
      backlog: 1,
      backlog_wait_time: null,
    })
  })

  it.each([
    ['nothing', []],
    ['a refusal', ['You must be root to run this program.']],
    ['half a status', ['enabled 1', 'failure 1']],
  ])('holds no status when it is %s', (_what, lines) => {
    expect(parseStatus(lines)).toBeNull()
  })
})
