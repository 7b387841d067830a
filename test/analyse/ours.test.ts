import { describe, expect, it } from 'vitest'
import type { AnalyserState } from '../../src/analyse/state.ts'
import type { Message } from '../../src/model/delivery.ts'
import { Stage, syscall } from './stage.ts'

const UID = 993
const NODE = '/opt/spillway/lib/node'
const OURS = { uids: [UID], programs: [] }

/** An event of our own process: three entries. */
const own = (serial: number, call = 1, exe = `"${NODE}"`, uid = UID): string[] =>
  syscall(serial).map((line) =>
    line
      .replace('syscall=110', `syscall=${call}`)
      .replace('auid=1000 uid=1000', `auid=4294967295 uid=${uid}`)
      .replace('exe="/usr/bin/load" key="k"', `exe=${exe} key="writes"`),
  )

/** So many events of others and of us come in each of some seconds. */
function flow(
  stage: Stage,
  [from, to]: readonly [number, number],
  others: number,
  ours: number,
  make: (serial: number) => string[] = own,
): void {
  for (let second = from; second < to; second++) {
    const lines: string[] = []
    for (let n = 0; n < others; n++) lines.push(...syscall(++stage.serial))
    for (let n = 0; n < ours; n++) lines.push(...make(++stage.serial))
    stage.come(second, ...lines)
    stage.wait(second + 0.9, second + 0.9)
  }
}

const evidence = (alert: Message | undefined): Message => alert?.['evidence'] as Message

describe('our own records', () => {
  it('over one in a hundred are told with the rules that exclude them, and withdrawn', () => {
    const stage = new Stage(undefined, { ours: OURS })
    flow(stage, [0, 25], 96, 4, (serial) => own(serial, serial % 2 === 0 ? 18 : 1))
    const [alert, ...more] = stage.of('self.flood')
    expect(more).toEqual([])
    expect(alert).toMatchObject({ status: 'firing', severity: 'warning', ends_at: null })
    const rule = `-A never,exit -F arch=b64 -S 1,18 -F exe=${NODE} -F uid=${UID}`
    expect(evidence(alert)).toMatchObject({
      loops: false,
      keys: ['writes'],
      rules: [rule],
      programs: [{ program: NODE, uid: UID }],
    })
    expect(evidence(alert)['share']).toBeCloseTo(0.04, 2)
    expect(alert['text']).toContain(`auditctl ${rule}`)
    flow(stage, [25, 75], 96, 0)
    expect(stage.of('self.flood').at(-1)).toMatchObject({ status: 'resolved', severity: 'info' })
  })

  it('are critical when they are most of all: they feed themselves', () => {
    const stage = new Stage(undefined, { ours: OURS })
    flow(stage, [0, 12], 96, 4)
    flow(stage, [12, 40], 1, 50)
    expect(stage.of('self.flood').map(({ severity }) => severity)).toEqual(['warning', 'critical'])
    expect(evidence(stage.of('self.flood')[1])['loops']).toBe(true)
    expect(stage.analyser.own.own).toBeGreaterThan(stage.analyser.own.all / 2)
  })

  it('are let be below that, and where they are few although all', () => {
    const stage = new Stage(undefined, { ours: OURS })
    flow(stage, [0, 30], 200, 1)
    flow(stage, [30, 60], 0, 2)
    expect(stage.alerts).toEqual([])
  })

  it('are known by a program as well, and then excluded by that alone', () => {
    const stage = new Stage(undefined, { ours: { uids: [], programs: [NODE] } })
    flow(stage, [0, 25], 50, 10, (serial) => own(serial, 1, `"${NODE}"`, 0))
    expect(evidence(stage.of('self.flood')[0])['rules']).toEqual([
      `-A never,exit -F arch=b64 -S 1 -F exe=${NODE}`,
    ])
  })

  it('are told by program with the entries of each, whichever comes in a batch', () => {
    const stage = new Stage(undefined, { ours: OURS })
    for (let second = 0; second < 24; second += 2) {
      flow(stage, [second, second + 1], 50, 10)
      flow(stage, [second + 1, second + 2], 50, 5, (serial) => own(serial, 1, '"/usr/bin/tail"'))
    }
    const programs = evidence(stage.of('self.flood')[0])['programs'] as readonly Message[]
    expect(programs.map(({ program }) => program)).toEqual([NODE, '/usr/bin/tail'])
    const [node, tail] = programs.map(({ entries }) => Number(entries))
    expect(node / tail).toBeCloseTo(2, 0)
    expect(node + tail).toBe(evidence(stage.of('self.flood')[0])['entries'])
  })

  it('that start programs are never excluded', () => {
    const stage = new Stage(undefined, { ours: OURS })
    flow(stage, [0, 25], 50, 10, (serial) => own(serial, 59))
    expect(evidence(stage.of('self.flood')[0])['rules']).toEqual([])
    expect(stage.of('self.flood')[0]['text']).toMatch(/find the rule that does it\.$/)
  })

  it.each(['/tmp/a;reboot', '/tmp/$(id)', '/tmp/a&b', '/tmp/`id`', "/tmp/a'b"])(
    'of the program %s bring nothing of that into a rule',
    (program) => {
      const stage = new Stage(undefined, { ours: OURS })
      const exe = Buffer.from(program).toString('hex').toUpperCase()
      flow(stage, [0, 12], 50, 50, (serial) => own(serial, 1, exe))
      expect(evidence(stage.of('self.flood')[0])['rules']).toEqual([
        `-A never,exit -F arch=b64 -S 1 -F uid=${UID}`,
      ])
    },
  )

  it('of a program whose name is no word are excluded by their user', () => {
    const stage = new Stage(undefined, { ours: OURS })
    const hex = Buffer.from('/opt/a b/node').toString('hex').toUpperCase()
    flow(stage, [0, 25], 50, 10, (serial) => own(serial, 1, hex))
    expect(evidence(stage.of('self.flood')[0])).toMatchObject({
      programs: [{ program: '/opt/a b/node' }],
      rules: [`-A never,exit -F arch=b64 -S 1 -F uid=${UID}`],
    })
  })

  it('are not those of a user of the same number at another node', () => {
    const stage = new Stage(undefined, { ours: OURS })
    flow(stage, [0, 1], 1, 0)
    flow(stage, [1, 30], 0, 100, (serial) => own(serial).map((line) => `node=db-01 ${line}`))
    expect(stage.of('self.flood')).toEqual([])
  })

  it('are counted on from a state', () => {
    const whole = new Stage(undefined, { ours: OURS })
    flow(whole, [0, 60], 96, 4)
    const first = new Stage(undefined, { ours: OURS })
    flow(first, [0, 7], 96, 4)
    const state = JSON.parse(JSON.stringify(first.analyser.state())) as AnalyserState
    const second = new Stage(state, { ours: OURS })
    second.serial = first.serial
    flow(second, [7, 60], 96, 4)
    expect(second.of('self.flood')).toEqual(whole.of('self.flood'))
  })
})
