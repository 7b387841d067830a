import { describe, expect, it } from 'vitest'
import { directoryEnd, directoryHash } from '../../src/analyse/origins/directory.ts'

/** The directories above a path, one after the other, as they lie in a record. */
function above(path: string): string[] {
  const bytes = Buffer.from(`name=${path}`)
  const found: string[] = []
  const start = 'name='.length
  for (let end = directoryEnd(bytes, start, bytes.length); end > start; ) {
    found.push(bytes.toString('latin1', start, end))
    end = directoryEnd(bytes, start, end)
  }
  return found
}

describe('the directories above a path', () => {
  it('are told up to the root, behind a quote and in hex', () => {
    expect(above('"/srv/data/x')).toEqual(['"/srv/data', '"/srv'])
    expect(above(Buffer.from('/srv/a b/x').toString('hex').toUpperCase())).toEqual([
      Buffer.from('/srv/a b').toString('hex').toUpperCase(),
      Buffer.from('/srv').toString('hex').toUpperCase(),
    ])
  })

  it('are none of the root, of what is below no directory, and of nothing', () => {
    for (const path of ['"/srv', '"/', '"', '"name', '', '2F', '2F61', '2'])
      expect(above(path)).toEqual([])
  })

  it('have a hash that goes by their bytes alone', () => {
    const hash = (text: string): number => directoryHash(Buffer.from(text), 1, text.length)
    expect(hash('a"/srv')).toBe(hash('b"/srv'))
    expect(hash('a"/srv')).not.toBe(hash('a"/srw'))
  })
})
