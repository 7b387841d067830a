/** What a record says reaches nobody's terminal or log as anything but text. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drainOf } from '../../src/analyse/floods/detector.ts'
import { floodEnd, floodStart, floodWorse } from '../../src/analyse/floods/flood-alerts.ts'
import { jsonText } from '../../src/model/json.ts'
import { spillway } from '../cli/spillway.ts'

/** ESC and what follows it, CR, LF, a title, DEL, CSI of C1, a line separator, an override, an isolate, a mark. */
const NASTY =
  'a\u001b[2J\u001b]0;x\u0007\r\n{"fake":1}\u007f\u009b31m\u2028\u2029\u202egnp.exe\u2066\u200f\u061c'
const HEX = Buffer.from(NASTY).toString('hex').toUpperCase()
// All that a text for people must not hold, but for the line feeds between lines.
const ALIVE = /(?!\n)\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u

const stamp = (serial: number): string => `msg=audit(1795331090.516:${serial}):`
const RECORDS = [
  `type=SYSCALL ${stamp(1)} arch=c000003e syscall=59 success=yes exit=0 items=1 comm=${HEX} exe=${HEX} key=${HEX}`,
  `type=EXECVE ${stamp(1)} argc=2 a0=${HEX} a1="${NASTY.replaceAll(/["\n]/g, '')}"`,
  `type=PATH ${stamp(1)} item=0 name=${HEX} nametype=NORMAL`,
  `type=PROCTITLE ${stamp(1)} proctitle=${HEX}`,
  `type=EOE ${stamp(1)} `,
  `type=USER_LOGIN ${stamp(2)} pid=1 uid=0 msg='op=login acct="${NASTY.replaceAll(/["'\n]/g, '')}" res=failed'`,
  `node=${NASTY.replaceAll(/[\s\u2028\u2029]/gu, '')} type=USER_CMD ${stamp(3)} pid=1 uid=0 msg='cmd=${HEX} res=success'`,
  `no record ${NASTY.replaceAll('\n', ' ')}`,
  `type=${NASTY.replaceAll(/\s/gu, '')} ${stamp(4)} x=1`,
].join('\n')

let place = ''
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'spillway-text-'))
})
afterAll(() => rmSync(place, { recursive: true }))

describe('control characters in records', () => {
  it('are escaped in what decode prints, keeps and counts', async () => {
    const rejects = join(place, 'rejects.ndjson')
    const args = ['decode', '--raw', '--stats', '--rejects', rejects, '-']
    const { code, out, err } = await spillway(args, `${RECORDS}\n`)
    const kept = readFileSync(rejects, 'utf8')
    expect(code).toBe(0)
    for (const text of [out, err, kept]) expect(text).not.toMatch(ALIVE)
    const lines = out.trimEnd().split('\n')
    const events = lines.map((line) => JSON.parse(line) as { SYSCALL?: { exe: string } })
    expect(events[0].SYSCALL?.exe).toBe(NASTY)
    expect(kept).toMatch(/no record/)
  })

  it('are escaped in the log and the output of the service', async () => {
    const spool = join(place, 'spool')
    const args = ['run', '--input', '-', '--spool', spool, '--output', 'stdout']
    const { code, out, err } = await spillway(args, `${RECORDS}\n`)
    expect(code).toBe(0)
    expect(err).toMatch(/no record/)
    for (const text of [out, err]) expect(text).not.toMatch(ALIVE)
    for (const line of err.trimEnd().split('\n')) expect(() => void JSON.parse(line)).not.toThrow()
    expect(readFileSync(join(spool, 'state/status.json'), 'utf8')).not.toMatch(ALIVE)
  })

  it('are escaped in a mistake that quotes the command line', async () => {
    for (const args of [['decode', `/nonexistent/${NASTY}`], [NASTY], ['run', '--output', NASTY]]) {
      const { code, err } = await spillway(args)
      expect(code).toBeGreaterThan(0)
      expect(err).not.toMatch(ALIVE)
    }
  })
})

describe('the text of an alert', () => {
  it('has no control character in it, and evidence has the key as it is', () => {
    const nasty = [{ name: NASTY, share: 1, error: 0, usual_per_s: 0 }]
    const flood = {
      node: `web${NASTY}`,
      key: NASTY,
      from: 1_795_331_090,
      seconds: 2,
      events: 9,
      entries: 20_000,
      all: 20_001,
      peak: 10_000,
      worst: 9000,
      level: 0,
      usual: 0,
      bar: 1000,
      why: 'peak' as const,
      drain: drainOf(null),
      origins: { program: nasty, user: [], call: [], path: nasty, parent: [], together: [] },
    }
    const told = [floodStart(flood, 'info'), floodWorse(flood, 'critical'), floodEnd(flood, 'calm')]
    for (const alert of told) {
      expect(alert['text']).not.toMatch(ALIVE)
      expect(alert['text']).not.toMatch('\n')
      expect(alert['evidence']).toMatchObject({ key: NASTY })
      expect(jsonText(alert)).not.toMatch(ALIVE)
    }
  })
})
