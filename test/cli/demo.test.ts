import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { spillway } from './spillway.ts'

describe('spillway demo', () => {
  it('shows the rates of keys, the one that floods, and that nothing is lost', async () => {
    const { code, out, err } = await spillway(['demo'])
    expect([code, err]).toEqual([ExitCode.Ok, ''])
    expect(out).toMatch(/^\d\d:\d\d:\d\d +[\d,]+ records\/s +backup-reads [\d,]+ /m)
    expect(out).toMatch(
      /^ +>> flood\.start: .*"backup-reads" on demo .*auditctl -l -k backup-reads/m,
    )
    expect(out).toMatch(/^lost +0$/m)
    const [, made] = /^made +(.*)$/m.exec(out) ?? []
    const [, delivered] = /^delivered +(.*)$/m.exec(out) ?? []
    expect(delivered).toBe(made)
  })
})
