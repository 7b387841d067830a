import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Generator } from '../../src/generate/generator.ts'
import type { GeneratorOptions } from '../../src/generate/options.ts'
import { decode, linesOf } from './decoded.ts'
import { atOnce, type Origin, originsOf } from './origins.ts'

const CALL =
  'type=SYSCALL msg=audit(1.000:1): arch=c000003e syscall=257 success=yes exit=3 a0=0 a1=1 a2=2 a3=3 items=1 ppid=41 ' +
  'pid=42 auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=1 comm="cat" exe="/usr/bin/cat" ' +
  'subj=unconfined key="files"\n'
const record = (type: string, body: string): string => `type=${type} msg=audit(1.000:1): ${body}\n`
const path = (name: string): string => record('PATH', `item=0 name=${name} inode=1 nametype=NORMAL`)
const one = (...records: readonly string[]): Origin => originsOf(Buffer.from(records.join('')))[0]
const pathOf = (...records: readonly string[]): string => one(CALL, ...records).path

function made(options: Partial<GeneratorOptions>): Buffer {
  const generator = new Generator({ seed: 7, cpus: 4, interleave: 0.3, eoe: true, ...options })
  const buffer = Buffer.alloc(options.bytes ?? 0)
  return buffer.subarray(0, generator.fill(buffer))
}

describe('the origin of an event', () => {
  it('is its keys, system call, login user, program and parent', () => {
    expect(one(CALL)).toEqual({
      keys: 'files',
      call: 'c000003e 257',
      user: 'auid 1000',
      program: '"/usr/bin/cat',
      path: '',
      parent: 41,
    })
  })

  it('is the user where nobody has logged in', () => {
    expect(one(CALL.replace('auid=1000', 'auid=4294967295').replace('uid=0', 'uid=33')).user).toBe(
      'uid 33',
    )
  })

  it('is found in records that have other fields, in another order', () => {
    const odd = record('SYSCALL', 'arch=40000003 syscall=11 exe=2F746D702F6120 auid=5 ppid=9')
    expect(one(odd)).toMatchObject({ call: '40000003 11', program: '2F746D702F6120', user: '' })
    const old = record('SYSCALL', 'ppid=9 pid=1 auid=5 uid=6 comm="a" exe="/b" syscall=3')
    expect(one(old)).toMatchObject({ user: 'auid 5', parent: 9, program: '"/b' })
  })

  it('is the record type, and the program it names, where no system call made it', () => {
    const login = record(
      'USER_LOGIN',
      `pid=1 uid=0 auid=7 ses=1 msg='op=login exe="/usr/sbin/sshd" res=success'`,
    )
    expect(one(login)).toMatchObject({
      call: 'type 1112',
      user: 'auid 7',
      program: '"/usr/sbin/sshd',
    })
  })

  it('is the thread where the program is not known', () => {
    expect(one(CALL.replace('exe="/usr/bin/cat"', 'exe=(null)')).program).toBe('"cat')
  })

  it('is unknown where the record says nothing', () => {
    expect(one(record('AVC', 'avc:  denied'))).toMatchObject({ user: '', program: '', parent: 0 })
    expect(one(record('SYSCALL', 'auid=x uid= ppid=- exe='))).toMatchObject({ user: '', parent: 0 })
  })
})

describe('the prefix of a path', () => {
  it.each([
    ['"/tmp/x/123"', '"/tmp/x'],
    ['"/tmp/x/7/log"', '"/tmp/x'],
    ['"/proc/4711/stat"', '"/proc'],
    ['"/home/alice/a/b/c/d"', '"/home/alice/a'],
    ['"/etc/passwd"', '"/etc'],
    ['"/vmlinuz"', '"/'],
    ['"/"', '"/'],
    ['"//etc/x"', '"/'],
    ['"/tmp/x/"', '"/tmp/x'],
    ['2F746D702F782F312032', '2F746D702F78'],
    ['2F70726F632F31372F73746174', '2F70726F63'],
  ])('of %s is %s', (name, prefix) => {
    expect(pathOf(path(name))).toBe(prefix)
  })

  it('is the working directory of a name that does not begin at the root', () => {
    const cwd = record('CWD', 'cwd="/srv/data/in"')
    expect(pathOf(cwd, path('"./a"'))).toBe('"/srv/data/in')
    expect(pathOf(cwd, path('"/srv/data/in"'))).toBe('"/srv/data/in')
    expect(pathOf(path('"a"'))).toBe('')
  })

  it('is that of the first path with a name', () => {
    expect(pathOf(path('(null)'), path('"/a/b"'), path('"/c/d"'))).toBe('"/a')
  })
})

describe('origins', () => {
  it('are the same however the stream is cut and whichever way events are written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 600, max: 30_000 }),
        fc.constantFrom('raw' as const, 'enriched' as const),
        (batch, format) => {
          const bytes = made({ bytes: 120_000, format })
          const whole = originsOf(bytes)
          expect(originsOf(bytes, {}, batch)).toEqual(whole)
          expect(originsOf(bytes, { format: 'raw' }, batch)).toEqual(whole)
        },
      ),
      { numRuns: 8 },
    )
  })

  it('are the same whether they were found while decoding or are looked for later, as those of a fast stream are', () => {
    for (const rate of [300, 50_000]) {
      const bytes = made({ bytes: 300_000, rate, start: 1000 })
      expect(originsOf(bytes)).toEqual(originsOf(bytes, { origins: false }))
    }
    const slow = atOnce(made({ bytes: 300_000, rate: 300, start: 1000 }))
    const fast = atOnce(made({ bytes: 300_000, rate: 50_000, start: 1000 }))
    expect(slow).toBeGreaterThan(0.8)
    expect(fast).toBeLessThan(0.2)
  })

  it('agree with what is written of the events', () => {
    const bytes = made({ bytes: 400_000, format: 'enriched' })
    const events = linesOf(decode(bytes).out).map(
      (line) => JSON.parse(line.toString()) as Record<string, Record<string, unknown>>,
    )
    const origins = originsOf(bytes)
    expect(origins).toHaveLength(events.length)
    for (const [i, { SYSCALL: call, EVENT: event }] of events.entries()) {
      expect(origins[i].keys).toBe((event['keys'] as string[]).join('\u0001'))
      if (call === undefined) continue
      const { syscall, auid, uid, exe, ppid, arch } = call
      const user = auid === 4_294_967_295 ? `uid ${String(uid)}` : `auid ${String(auid)}`
      expect(origins[i]).toMatchObject({
        call: `${String(arch).slice(2)} ${String(syscall)}`,
        user,
        parent: ppid,
      })
      const program = Buffer.from(origins[i].program, 'latin1')
      const text =
        program[0] === 0x22 ? program.subarray(1) : Buffer.from(program.toString(), 'hex')
      expect(text.toString()).toBe(exe)
    }
  })

  it('of any bytes are found without a fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(CALL.length), (noise, at) => {
        const input = Buffer.concat([Buffer.from(CALL.slice(0, at)), noise, Buffer.from('\n')])
        originsOf(input, { format: 'raw' })
        originsOf(input)
      }),
      { numRuns: 300 },
    )
  })
})
