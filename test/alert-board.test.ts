import { describe, expect, it } from 'vitest'
import type { Message } from '../src/model/delivery.ts'
import { AlertBoard } from '../src/service/alert-board.ts'
import { Troubles } from '../src/sink/kafka/troubles.ts'
import { saidAlerts } from './contracts/said.ts'

const keysOf = (alerts: unknown): unknown[] =>
  (alerts as Message[]).map(({ dedup_key: key }) => key)

describe('the board of alerts', () => {
  it('has a trouble open until it is resolved', () => {
    const board = new AlertBoard()
    const troubles = new Troubles('web-01', (alert) => board.take(alert))
    troubles.raise('unreachable', null, 'no broker')
    troubles.raise('refused', 'audit.events', 'not authorized')
    expect(keysOf(board.status()['open'])).toEqual([
      'kafka.unreachable/web-01/',
      'kafka.refused/web-01/audit.events',
    ])
    board.take({ dedup_key: 'flood/web-01/exec', status: 'firing', ends_at: null })
    troubles.clear('audit.events')
    expect(keysOf(board.status()['open'])).toEqual(['flood/web-01/exec'])
    expect(keysOf(board.status()['recent'])).toHaveLength(5)
  })

  it('has nothing open that was over when it was found', () => {
    const board = new AlertBoard()
    for (const alert of saidAlerts()) if (alert['ends_at'] !== null) board.take(alert)
    expect(board.status()['open']).toEqual([])
  })

  it('stays small', () => {
    const board = new AlertBoard()
    for (let n = 0; n < 500; n++)
      board.take({ dedup_key: `flood/web-01/${n}`, status: 'firing', ends_at: null })
    expect(keysOf(board.status()['open'])).toHaveLength(50)
    expect(keysOf(board.status()['open']).at(-1)).toBe('flood/web-01/499')
    expect(keysOf(board.status()['recent'])[0]).toBe('flood/web-01/499')
  })

  it('lets the least severe go first where there are too many', () => {
    const board = new AlertBoard()
    const firing = { status: 'firing', ends_at: null }
    board.take({ ...firing, dedup_key: 'audit.disabled/web-01/', severity: 'critical' })
    board.take({ ...firing, dedup_key: 'spool.filling/web-01/', severity: 'warning' })
    for (let n = 0; n < 60; n++)
      board.take({ ...firing, dedup_key: `flood/web-01/${n}`, severity: 'info' })
    expect(keysOf(board.status()['open']).slice(0, 3)).toEqual([
      'audit.disabled/web-01/',
      'spool.filling/web-01/',
      'flood/web-01/12',
    ])
  })
})
