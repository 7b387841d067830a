import { describe, expect, it } from 'vitest'
import type { AnalyserState } from '../../src/analyse/state.ts'
import type { Message } from '../../src/model/delivery.ts'
import { change, Stage, syscall } from './stage.ts'

const WATCH = '-w /etc/passwd -p wa -k identity'
const EXEC = '-a always,exit -F arch=b64 -S execve -F key=exec'
const NEVER = '-a never,exit -F arch=b64 -S all -F exe=/tmp/x'

const BY = { auid: 1000, uid: 0, exe: '/usr/sbin/auditctl' }
const AUDITCTL = 'by program /usr/sbin/auditctl, login id 1000, user id 0, process 1893'

const evidence = (alert: Message | undefined): Message => alert?.['evidence'] as Message
const told = (alerts: readonly Message[]): unknown[] =>
  alerts.map(({ status, severity, starts_at: from, ends_at: to }) => [status, severity, from, to])

/** A Message's time: so many seconds behind noon. */
const at = (second: number): string =>
  new Date(Date.parse('2026-11-22T12:00:00Z') + second * 1000).toISOString()

describe('auditing that is switched off', () => {
  it('is told by the statuses of a watcher, withdrawn when it is on, and told again', () => {
    const stage = new Stage()
    for (const [n, enabled] of [1, 0, 0, 2, 0].entries()) stage.status(n * 10, { enabled })
    expect(told(stage.of('audit.disabled'))).toEqual([
      ['firing', 'critical', at(10), null],
      ['resolved', 'info', at(10), at(30)],
      ['firing', 'critical', at(40), null],
    ])
    const keys = stage.of('audit.disabled').map((alert) => alert['dedup_key'])
    expect(new Set(keys)).toEqual(new Set(['audit.disabled/web-01/']))
  })

  it('is told by its record at once, with who did it, and not again by the status behind it', () => {
    const stage = new Stage().status(0)
    stage.come(5, ...change(1, 'op=set audit_enabled=0 old=1'))
    stage.status(4).status(14, { enabled: 0 }).status(24, { enabled: 0 }).status(34)
    const [first, ...others] = stage.of('audit.disabled')
    expect(told([first])).toEqual([['firing', 'critical', at(5), null]])
    expect(evidence(first)['by']).toMatchObject(BY)
    expect(first['text']).toContain(AUDITCTL)
    expect(told(others)).toEqual([['resolved', 'info', at(5), at(34)]])
  })

  it('of another node is told by its record, and withdrawn when its kernel makes events again', () => {
    const stage = new Stage()
    stage.come(0, ...syscall(1, 'db-01'), ...change(2, 'op=set audit_enabled=0 old=1', 'db-01'))
    stage.come(0.5, ...syscall(3, 'db-01'))
    expect(stage.of('audit.disabled')).toHaveLength(1)
    stage.come(60, ...syscall(4, 'db-01'))
    expect(told(stage.of('audit.disabled')).at(-1)).toEqual(['resolved', 'info', at(0), at(60)])
  })

  it('is nothing to tell where it never was on, or is not on yet after a boot', () => {
    const stage = new Stage().status(0, { enabled: 0 }).status(10, { enabled: 0 })
    stage.status(20).status(100, { enabled: 0, pid: 0 }, 'b2', -60)
    expect(stage.alerts).toEqual([])
  })
})

describe('the counter of losses that is set back', () => {
  const losses = (stage: Stage): unknown[] =>
    stage.of('events.lost').map((alert) => evidence(alert)['losses'])

  it('is told by its record at once, with who did it, and what no reading had shown is counted', () => {
    const stage = new Stage().status(0, { lost: 100 })
    stage.come(5, ...change(1, 'op=set lost=0 old=150')).come(5.1, ...syscall(2))
    expect(stage.of('lost.reset')).toHaveLength(1)
    stage.status(10, { lost: 3 }).wait(10, 40)
    const [alert, ...others] = stage.of('lost.reset')
    expect(others).toEqual([])
    expect(evidence(alert)).toMatchObject({ before: 150, lost: 0, by: BY })
    expect(alert['text']).toContain(AUDITCTL)
    expect(losses(stage)).toEqual([53])
  })

  it('is not counted again by what was read before its record and is taken after it', () => {
    const stage = new Stage().status(0, { lost: 100 })
    stage.come(5, ...change(1, 'op=set lost=0 old=150')).come(5.1, ...syscall(2))
    stage.status(4.5, { lost: 140 })
    stage.read(4.6, { kind: 'kmsg', says: 'lost', lost: 150, rate_limit: 0, backlog_limit: 64 })
    stage.status(10, { lost: 3 }).wait(10, 40)
    expect(stage.of('lost.reset')).toHaveLength(1)
    expect(losses(stage)).toEqual([53])
  })

  it('is told again under the same key where the record comes after the reading that shows it', () => {
    const stage = new Stage().status(0, { lost: 100 }).status(10, { lost: 3 })
    stage.come(9, ...change(1, 'op=set lost=0 old=100')).come(12, ...syscall(2))
    const resets = stage.of('lost.reset')
    expect(resets.map((alert) => evidence(alert)['by'] === null)).toEqual([true, false])
    expect(new Set(resets.map((alert) => alert['dedup_key'])).size).toBe(1)
    expect(losses(stage)).toEqual([3])
  })

  it('is told of other nodes and without a watcher, but not where it was zero', () => {
    const stage = new Stage()
    stage.come(0, ...change(1, 'op=set lost=0 old=7', 'db-01'), ...change(2, 'op=set lost=0 old=8'))
    stage.come(1, ...change(3, 'op=set lost=0 old=0')).come(4, ...syscall(4))
    const nodes = stage.of('lost.reset').map(({ node }) => node)
    expect(nodes).toEqual(['db-01', 'web-01'])
  })
})

describe('rules that change', () => {
  it('are told by two listings, with what was added and what is gone and by whom', () => {
    const stage = new Stage().rules(0, [WATCH, EXEC])
    stage.come(5, ...change(1, 'op=remove_rule key="exec" list=4'))
    stage.come(5.1, ...change(2, 'op=add_rule key=(null) list=4'))
    expect(stage.asked).toBe(2)
    expect(stage.alerts).toEqual([])
    stage.rules(7, [NEVER, WATCH])
    const [alert, ...others] = stage.of('rules.changed')
    expect(others).toEqual([])
    expect(told([alert])).toEqual([['firing', 'warning', at(5), at(5.1)]])
    expect(evidence(alert)).toEqual({
      added: [NEVER],
      gone: [EXEC],
      moved: false,
      more: 0,
      count: 2,
      by: [{ ...BY, pid: 1893, ops: { remove_rule: 1, add_rule: 1 } }],
      keys: ['exec'],
    })
    expect(alert['text']).toContain(AUDITCTL)
    expect(alert['text']).toContain(`1 gone (${EXEC}), 1 added (${NEVER}), 2 in all`)
  })

  it('are told as well when the record comes behind the listing, and once', () => {
    const stage = new Stage().rules(0, [WATCH, EXEC]).rules(7, [WATCH])
    stage.come(5, ...change(1, 'op=remove_rule key="exec" list=4'))
    stage.wait(10, 20).status(30).rules(67, [WATCH])
    expect(stage.of('rules.changed').map((alert) => evidence(alert)['gone'])).toEqual([[EXEC]])
    expect(evidence(stage.of('rules.changed')[0])['by']).toMatchObject([BY])
  })

  it('are told without an author where no record comes', () => {
    const stage = new Stage().rules(0, [WATCH, EXEC]).rules(7, [WATCH]).status(10)
    expect(stage.alerts).toEqual([])
    stage.status(25)
    expect(evidence(stage.of('rules.changed')[0])).toMatchObject({ gone: [EXEC], by: [] })
  })

  it('are critical when none are left', () => {
    const stage = new Stage().rules(0, [WATCH]).rules(7, []).status(25)
    expect(stage.of('rules.changed')[0]).toMatchObject({ severity: 'critical' })
  })

  it('are told when they were put back before anybody looked', () => {
    const stage = new Stage().rules(0, [WATCH])
    stage.come(5, ...change(1, 'op=remove_rule key="identity" list=4'))
    stage.come(9, ...change(2, 'op=add_rule key="identity" list=4'))
    stage.rules(12, [WATCH])
    const [alert] = stage.of('rules.changed')
    expect(alert).toMatchObject({ severity: 'info' })
    expect(alert['text']).toMatch(/they are now as they were before, 1 in all\.$/)
  })

  it('are told when they stand in another order, of which the first counts', () => {
    const stage = new Stage().rules(0, [WATCH, NEVER]).rules(7, [NEVER, WATCH]).status(25)
    expect(evidence(stage.of('rules.changed')[0])).toMatchObject({
      added: [],
      gone: [],
      moved: true,
    })
  })

  it('are told once, and by their records alone, where nobody lists them', () => {
    const stage = new Stage()
    const lines = [1, 2, 3].flatMap((n) => change(n, 'op=add_rule key="exec" list=4', 'db-01'))
    stage.come(0, ...lines).wait(10, 30)
    expect(stage.of('rules.changed')).toHaveLength(1)
    expect(stage.of('rules.changed')[0]).toMatchObject({ node: 'db-01' })
    expect(evidence(stage.of('rules.changed')[0])).toEqual({
      added: null,
      gone: null,
      moved: null,
      more: 0,
      count: null,
      by: [{ ...BY, pid: 1893, ops: { add_rule: 3 } }],
      keys: ['exec'],
    })
    expect(stage.asked).toBe(0)
  })

  it('are told by operation, whoever made them, in the text', () => {
    const stage = new Stage()
    const by = (line: string): string =>
      line.replace('exe="/usr/sbin/auditctl"', 'exe="/opt/other"')
    const first = [1, 2, 3].flatMap((n) => change(n, 'op=add_rule key="exec" list=4', 'db-01'))
    const second = [4, 5].flatMap((n) => change(n, 'op=add_rule key="exec" list=4', 'db-01'))
    const last = change(6, 'op=remove_rule key="exec" list=4', 'db-01')
    stage.come(0, ...first, ...second.map(by), ...last).wait(10, 30)
    const [alert] = stage.of('rules.changed')
    expect(evidence(alert)['by']).toHaveLength(2)
    expect(alert['text']).toContain(': 5 times add_rule, once remove_rule with keys exec;')
  })

  it('are no change when the kernel follows a file that was replaced, or refuses', () => {
    const stage = new Stage()
    const failed = change(2, 'op=add_rule key="x" list=4').map((line) =>
      line.replace('res=1', 'res=0'),
    )
    stage.come(
      0,
      ...change(1, 'op=updated_rules path="/etc/passwd" key="identity" list=4'),
      ...failed,
    )
    stage.wait(10, 200)
    expect(stage.alerts).toEqual([])
  })

  it('are compared over a boot, once the new ones are loaded', () => {
    const stage = new Stage().rules(0, [WATCH, EXEC])
    stage.rules(100, [], 'b2', -90).rules(160, [WATCH, EXEC], 'b2', -90).status(290, {}, 'b2', -90)
    expect(stage.alerts).toEqual([])
    stage.rules(1000, [], 'b3', -990).rules(1060, [WATCH], 'b3', -990).status(1100, {}, 'b3', -990)
    expect(stage.alerts).toEqual([])
    stage.status(1200, {}, 'b3', -990)
    expect(stage.of('rules.changed').map((alert) => evidence(alert)['gone'])).toEqual([[EXEC]])
  })

  it('of an old kernel, with quotes and spaces in their records, are understood', () => {
    const stage = new Stage()
    stage.come(0, ...change(1, 'op="remove rule" key="exec" list=4', 'db-01')).wait(10, 20)
    expect(evidence(stage.of('rules.changed')[0])).toMatchObject({
      by: [{ ops: { remove_rule: 1 } }],
    })
  })
})

const daemon = (type: string, what: string, node = ''): string =>
  `${node === '' ? '' : `node=${node} `}type=${type} msg=audit(@:77): ${what}`
const ENDED = daemon(
  'DAEMON_END',
  'op=terminate auid=1000 uid=0 ses=3 pid=1 subj=init_t res=success',
)
const STARTED = daemon(
  'DAEMON_START',
  'op=start ver=3.0.9 format=raw kernel=6.18 auid=4294967295 pid=14328 uid=0 ses=4294967295 res=success',
)

describe('an auditd that stops', () => {
  it('is told by its last record, with who asked, and withdrawn by the first of the next', () => {
    const stage = new Stage().status(0).come(5, ENDED)
    expect(evidence(stage.of('auditd.stopped')[0])).toMatchObject({
      ending: 'ended',
      by: { auid: 1000, uid: 0, pid: 1, exe: null },
    })
    // The watcher saw it alive just before, and then gone.
    stage.status(5.5).read(6, { kind: 'auditd', says: 'absent', pid: 947 }).come(8, STARTED)
    expect(told(stage.of('auditd.stopped'))).toEqual([
      ['firing', 'warning', at(5), null],
      ['resolved', 'info', at(5), at(8)],
    ])
  })

  it('without a word is told at once when its socket is gone, and not again by the status', () => {
    const stage = new Stage().status(0).read(3, { kind: 'auditd', says: 'absent', pid: 947 })
    stage.status(10, { pid: 0 }).status(20, { pid: 0 })
    expect(told(stage.of('auditd.stopped'))).toEqual([['firing', 'critical', at(3), null]])
    expect(evidence(stage.of('auditd.stopped')[0])).toEqual({ ending: 'killed', by: null })
    stage.status(30, { pid: 1200 })
    expect(told(stage.of('auditd.stopped')).at(-1)).toEqual(['resolved', 'info', at(3), at(30)])
  })

  it('becomes critical when it does not come back for a minute', () => {
    const stage = new Stage().status(0).come(5, ENDED)
    for (let second = 10; second <= 90; second += 10) stage.status(second, { pid: 0 })
    expect(told(stage.of('auditd.stopped'))).toEqual([
      ['firing', 'warning', at(5), null],
      ['firing', 'critical', at(5), null],
    ])
  })

  it('is told when it does not come up for a minute after a boot, and not before', () => {
    const stage = new Stage().status(0)
    stage.status(100, { pid: 0 }, 'b2', -90).status(140, { pid: 0 }, 'b2', -90)
    expect(stage.alerts).toEqual([])
    stage.status(170, { pid: 0 }, 'b2', -90)
    expect(evidence(stage.of('auditd.stopped')[0])).toEqual({ ending: 'missing', by: null })
  })

  it('at another node is told by its record', () => {
    const stage = new Stage().come(0, `node=db-01 ${ENDED}`)
    expect(stage.of('auditd.stopped')[0]).toMatchObject({ node: 'db-01', severity: 'warning' })
  })
})

describe('a node that is silent', () => {
  const HOUR = 3600
  /** Speaks every `step` seconds. */
  const speak = (stage: Stage, from: number, to: number, step: number, node = ''): void => {
    for (let second = from; second <= to; second += step) {
      stage.come(second, ...syscall(++stage.serial, node))
      stage.wait(second + 5, second + step - 1, 30)
    }
  }
  /** Says every minute what no kernel says. */
  const chat = (stage: Stage, from: number, to: number): void => {
    for (let second = from; second < to; second += 60)
      stage
        .wait(second - 50, second - 1)
        .come(
          second,
          `type=USER_ACCT msg=audit(@:${++stage.serial}): pid=9 uid=0 auid=0 ses=1 msg='op=PAM:accounting acct="root" exe="/usr/sbin/cron" hostname=? addr=? terminal=cron res=success'`,
        )
  }

  it('is told when it spoke every minute for longer than an hour, and withdrawn when it speaks', () => {
    const stage = new Stage()
    speak(stage, 0, 2 * HOUR, 60)
    stage.wait(2 * HOUR + 60, 3 * HOUR - 20)
    expect(stage.alerts).toEqual([])
    stage.wait(3 * HOUR - 10, 3 * HOUR + 70)
    expect(told(stage.of('node.silent'))).toEqual([['firing', 'warning', at(2 * HOUR), null]])
    stage.come(4 * HOUR, ...syscall(++stage.serial))
    expect(told(stage.of('node.silent')).at(-1)).toEqual([
      'resolved',
      'info',
      at(2 * HOUR),
      at(4 * HOUR),
    ])
  })

  it('is missed no more after a week, and again once it has come back and spoken for an hour', () => {
    const stage = new Stage()
    const week = 7 * 24 * HOUR
    speak(stage, 0, 2 * HOUR, 60)
    stage.wait(2 * HOUR + 60, 2 * HOUR + week - 30, 600)
    expect(stage.of('node.silent')).toHaveLength(1)
    stage.wait(2 * HOUR + week + 10, 2 * HOUR + 2 * week, 600)
    const alerts = stage.of('node.silent')
    expect(alerts.map(({ status }) => status)).toEqual(['firing', 'resolved'])
    expect(alerts[1]['text']).toContain('for 7 days')
    const back = 2 * HOUR + 3 * week
    speak(stage, back, back + 2 * HOUR, 60)
    stage.wait(back + 2 * HOUR + 60, back + 4 * HOUR, 60)
    expect(stage.of('node.silent')).toHaveLength(3)
  })

  it('is let be for twice its longest silence of late', () => {
    const stage = new Stage()
    speak(stage, 0, 20 * HOUR, 2 * HOUR)
    stage.wait(20 * HOUR + 60, 23 * HOUR, 60)
    expect(stage.alerts).toEqual([])
    stage.wait(23 * HOUR + 10, 24.5 * HOUR, 60)
    expect(evidence(stage.of('node.silent')[0])).toMatchObject({ records: 'all' })
  })

  it('is not missed when it spoke only for a while', () => {
    const stage = new Stage()
    speak(stage, 0, 600, 60)
    stage.wait(700, 20 * HOUR, 60)
    expect(stage.alerts).toEqual([])
  })

  it('is told by ten minutes once it has been known for a day', () => {
    const stage = new Stage()
    speak(stage, 0, 27 * HOUR, 300)
    stage.wait(27 * HOUR + 10, 27 * HOUR + 620)
    expect(stage.of('node.silent')).toHaveLength(1)
  })

  it('is told while others speak', () => {
    const stage = new Stage()
    speak(stage, 0, 2 * HOUR, 60, 'db-01')
    speak(stage, 2 * HOUR + 60, 4 * HOUR, 60)
    expect(stage.of('node.silent').map((alert) => alert['node'])).toEqual(['db-01'])
  })

  it('but for records of user space is told apart: its kernel says nothing any more', () => {
    const stage = new Stage()
    speak(stage, 0, 2 * HOUR, 60)
    chat(stage, 2 * HOUR + 60, 4 * HOUR)
    expect(stage.of('node.silent').map((alert) => evidence(alert)['records'])).toEqual(['kernel'])
  })

  it('first in its kernel and then altogether leaves nothing open after a week', () => {
    const stage = new Stage()
    speak(stage, 0, 2 * HOUR, 60)
    chat(stage, 2 * HOUR + 60, 4 * HOUR)
    stage.wait(4 * HOUR, (7 * 24 + 5) * HOUR, 600)
    const alerts = stage.of('node.silent')
    expect(alerts.map((alert) => [evidence(alert)['records'], alert['status']])).toEqual([
      ['kernel', 'firing'],
      ['all', 'firing'],
      ['kernel', 'resolved'],
      ['all', 'resolved'],
    ])
    expect(alerts[2]['text']).toMatch(/^No record of the kernel has come from web-01 for 7 days/)
  })
})

describe('a flood', () => {
  /** Some calm seconds, then a flood of one key. */
  const flood = (stage: Stage): Message | undefined => {
    for (let second = 0; second < 40; second++) {
      const lines: string[] = []
      const events = second < 30 ? 10 : 4000
      for (let n = 0; n < events; n++) lines.push(...syscall(++stage.serial))
      stage.come(second, ...lines)
    }
    return stage.of('flood.start')[0]
  }
  const [ONE, TWO] = ['-w /a -p r -k k', '-a always,exit -F arch=b64 -S read -F key=x -F key=k']

  it('is told with the rules of its key, where they are listed', () => {
    const alert = flood(new Stage().rules(0, [ONE, EXEC, TWO, '-w /b -p r -k kk']))
    expect(evidence(alert)['rules']).toEqual([ONE, TWO])
    expect(alert?.['text']).toMatch(/ Its rule: -w \/a -p r -k k and 1 more\.$/)
  })

  it('is told without rules where nobody lists them', () => {
    const alert = flood(new Stage())
    expect(evidence(alert)['rules']).toBeNull()
    expect(alert?.['text']).not.toContain('Its rule')
  })
})

describe('a vigil', () => {
  it('goes on from its state anywhere, and passes over what was read before', () => {
    const steps: ((stage: Stage) => unknown)[] = [
      (stage) => stage.status(0).rules(0, [WATCH, EXEC]),
      (stage) => stage.come(5, ...change(1, 'op=remove_rule key="exec" list=4')),
      (stage) => stage.come(6, ...change(2, 'op=set audit_enabled=0 old=1')),
      (stage) => stage.rules(7, [WATCH]),
      (stage) => stage.status(16, { enabled: 0 }),
      (stage) => stage.come(20, ENDED),
      (stage) => stage.status(30, { enabled: 1, pid: 0 }),
      (stage) => stage.come(40, STARTED, ...syscall(9)),
    ]
    const whole = new Stage()
    for (const step of steps) step(whole)
    expect(whole.alerts.length).toBe(5)
    for (let cut = 1; cut < steps.length; cut++) {
      const first = new Stage()
      for (const step of steps.slice(0, cut)) step(first)
      const state = JSON.parse(JSON.stringify(first.analyser.state())) as AnalyserState
      const second = new Stage(state)
      for (const step of steps.slice(cut)) step(second)
      expect([...first.alerts, ...second.alerts]).toEqual(whole.alerts)
    }
  })
})
