import { describe, expect, it } from 'vitest'
import { gapsAlert } from '../../src/analyse/stream/gap-alert.ts'
import { Missing } from '../../src/analyse/stream/missing.ts'

/** Gaps of one serial each, with these reasons. */
function gapsOf(...reasons: (string | null)[]): Missing {
  const missing = new Missing()
  for (const [n, why] of reasons.entries())
    missing.add({
      first: 10 * n,
      last: 10 * n,
      before: 1000,
      after: 2000,
      shown: 2,
      clock: 2000,
      why,
    })
  return missing
}

const textOf = (missing: Missing): unknown => gapsAlert('web-01', null, missing, null)['text']

describe('the alert that events are missing', () => {
  it('says of one event what to look at where the stream is whole', () => {
    expect(textOf(gapsOf(null))).toMatch(/^1 event of web-01 is missing .*: serials 0\. .*q_depth/)
  })

  it('says what brings events back where the stream was interrupted', () => {
    const text = textOf(gapsOf('spool.died', 'spool.died'))
    expect(text).toMatch(/^2 events of web-01 are missing .*: serials 0, 10\. .*reconcile/)
    expect(text).not.toMatch(/q_depth/)
  })

  it('names three ranges, counts the others, and says both where both hold', () => {
    const text = textOf(gapsOf(null, 'spool.died', null, null, null))
    expect(text).toMatch(/serials 0, 10, 20 and 2 more ranges\. For 1 of them .*reconcile.*q_depth/)
  })
})
