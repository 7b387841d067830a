import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/model/delivery.ts'
import { Stage, syscall } from './stage.ts'

/** Events that came whole, and that the kernel refused all but the first record of. */
const WHOLE = 50
const TORN = 20
const LOSSES = 100

/** A stream that goes on for ten seconds, and a burst in the eleventh of which the kernel refuses some. */
function burst(): Stage {
  const stage = new Stage()
  let serial = 0
  const go = (from: number, to: number): void => {
    for (let second = from; second < to; second += 0.1) stage.come(second, ...syscall(++serial))
  }
  stage.status(0)
  go(0, 10)
  for (let i = 0; i < WHOLE + TORN; i++) {
    const [head, ...rest] = syscall(++serial)
    stage.come(10 + i / 1000, head, ...(i % 7 < 2 ? [] : rest))
  }
  go(10.1, 10.5)
  stage.status(10.5, { lost: LOSSES })
  go(10.6, 11.6)
  return stage
}

describe('a burst that leaves events without an end', () => {
  const [alert] = burst().of('events.lost')

  it('is told while those are still open, since they are not missing', () => {
    expect(alert['evidence']).toMatchObject({ cause: 'burst', gaps: 0, settled: true })
  })

  it('is told without what of them the kernel refused', () => {
    // Each lacks PROCTITLE and EOE, both of which it counted.
    const { losses, events_missing: missing } = alert['evidence'] as Message
    expect([losses, missing]).toEqual([LOSSES, LOSSES - 2 * TORN])
  })
})

/** The kernel log tells of a loss, which is so much higher by now; `more`: it left lines out before it. */
function log(stage: Stage, second: number, lost: number, more = false): void {
  if (more)
    stage.read(second, { kind: 'kmsg', says: 'suppressed', by: 'audit_log_start', lines: 9 })
  stage.read(second, { kind: 'kmsg', says: 'lost', lost, rate_limit: 0, backlog_limit: 64 })
  stage.read(second, { kind: 'kmsg', says: 'backlog' })
}

describe('a burst whose lines the kernel log had no room for', () => {
  /** Events of a key, every `step` seconds from one second to another. */
  const go = (stage: Stage, from: number, to: number, step: number, key: string): void => {
    for (let second = from; second < to; second += step)
      stage.come(
        second,
        ...syscall(++stage.serial).map((line) => line.replace('key="k"', `key="${key}"`)),
      )
  }
  /** One key goes on, and another has a burst just before the second that follows. */
  const burstBefore = (stage: Stage, from: number, second: number): void => {
    go(stage, from, second - 0.2, 0.02, 'goes-on')
    go(stage, second - 0.2, second - 0.14, 0.001, 'burst')
    go(stage, second - 0.14, second + 0.1, 0.02, 'goes-on')
  }
  const evidenceOf = (stage: Stage): Message[] =>
    stage.of('events.lost').map((alert) => alert['evidence'] as Message)

  it('is told with its next line, and its key is that of the seconds in which something grew', () => {
    const stage = new Stage()
    go(stage, 0, 10, 0.02, 'goes-on')
    // What goes on loses a little by itself, which takes the room in the log.
    log(stage, 9.5, 3)
    go(stage, 10, 12, 0.02, 'goes-on')
    go(stage, 12, 12.06, 0.001, 'burst')
    go(stage, 12.06, 30, 0.02, 'goes-on')
    log(stage, 30, 20_000, true)
    go(stage, 30, 34, 0.02, 'goes-on')
    const [first, second] = evidenceOf(stage)
    expect(first).toMatchObject({ losses: 1, shares: [{ key: 'goes-on' }] })
    expect(second).toMatchObject({ losses: 19_997, shares: [{ key: 'burst', share: 1 }] })
  })

  it('is no more usual for having begun before its first lines were read', () => {
    const stage = new Stage()
    burstBefore(stage, 0, 10)
    log(stage, 10.1, 3)
    burstBefore(stage, 10.1, 30)
    log(stage, 30.1, 20_000, true)
    go(stage, 30.1, 34, 0.02, 'goes-on')
    expect(evidenceOf(stage).at(-1)).toMatchObject({
      losses: 19_997,
      shares: [{ key: 'burst', share: 1 }],
    })
  })

  it('is no more usual either where the rest of it is counted a moment later', () => {
    const stage = new Stage()
    stage.status(0)
    burstBefore(stage, 0, 10)
    log(stage, 10.1, 3)
    go(stage, 10.1, 11.3, 0.02, 'goes-on')
    stage.status(11.3, { lost: 20_000 })
    go(stage, 11.3, 16, 0.02, 'goes-on')
    const told = evidenceOf(stage)
    expect(told.at(-1)).toMatchObject({ losses: 19_997 })
    for (const one of told) expect(one).toMatchObject({ shares: [{ key: 'burst', share: 1 }] })
  })
})
