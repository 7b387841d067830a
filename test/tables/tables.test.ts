import { describe, expect, it } from 'vitest'
import { FIELD_KINDS, FIELD_KINDS_BY_TYPE, FieldKind } from '../../src/tables/fields.ts'
import { RECORD_TYPES } from '../../src/tables/record-types.ts'
import {
  CWD,
  EOE,
  EXECVE,
  endsEvent,
  isArray,
  isDaemon,
  LOGIN,
  PROCTITLE,
  SYSCALL,
} from '../../src/tables/single.ts'

const numberOf = new Map(RECORD_TYPES.map(([number, name]) => [name, number]))

describe('record types', () => {
  it('ascend by number and have distinct names', () => {
    const numbers = RECORD_TYPES.map(([number]) => number)
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
    expect(new Set(RECORD_TYPES.map(([, name]) => name)).size).toBe(RECORD_TYPES.length)
  })

  it('have the names auditd writes', () => {
    expect(numberOf.get('SYSCALL')).toBe(SYSCALL)
    expect(numberOf.get('LOGIN')).toBe(LOGIN)
    expect(numberOf.get('CWD')).toBe(CWD)
    expect(numberOf.get('EXECVE')).toBe(EXECVE)
    expect(numberOf.get('EOE')).toBe(EOE)
    expect(numberOf.get('PROCTITLE')).toBe(PROCTITLE)
    expect(numberOf.get('APPARMOR')).toBe(1500)
    expect(numberOf.get('URINGOP')).toBe(1336)
    expect(numberOf.get('LANDLOCK_DOMAIN')).toBe(1424)
    expect(numberOf.get('CRYPTO_KEY_USER')).toBe(2404)
  })

  it('leave out number ranges and control messages', () => {
    for (const name of ['FIRST_USER_MSG', 'LAST_EVENT', 'GET', 'SET', 'ADD_RULE', 'REPLACE'])
      expect(numberOf.has(name), name).toBe(false)
  })
})

describe('the end of an event', () => {
  it.each(['USER', 'USER_START', 'SERVICE_STOP', 'DAEMON_START', 'KERNEL', 'MAC_UNLBL_ALLOW'])(
    'is %s',
    (name) => expect(endsEvent(numberOf.get(name) ?? 0)).toBe(true),
  )

  it.each(['MAC_CALIPSO_DEL', 'ANOM_LOGIN_FAILURES', 'CRYPTO_KEY_USER', 'VIRT_MIGRATE_OUT'])(
    'is %s',
    (name) => expect(endsEvent(numberOf.get(name) ?? 0)).toBe(true),
  )

  it.each(['LOGIN', 'SYSCALL', 'AVC', 'CONFIG_CHANGE', 'MAC_CONFIG_CHANGE', 'LANDLOCK_ACCESS'])(
    'is not %s',
    (name) => expect(endsEvent(numberOf.get(name) ?? 0)).toBe(false),
  )

  it('leaves EOE and PROCTITLE to the stitching rule', () => {
    expect(endsEvent(EOE)).toBe(false)
    expect(endsEvent(PROCTITLE)).toBe(false)
  })

  it('is no type of unknown number', () => {
    expect(endsEvent(3000)).toBe(false)
    expect(endsEvent(65_535)).toBe(false)
  })
})

describe('arrays in JSON', () => {
  it('are all kernel records but four, and LOGIN', () => {
    const objects = RECORD_TYPES.filter(([n]) => n >= 1300 && n < 2100 && !isArray(n))
    expect(objects.map(([, name]) => name)).toEqual(['SYSCALL', 'CWD', 'EXECVE', 'PROCTITLE'])
    expect(isArray(LOGIN)).toBe(true)
  })

  it('are no records of user space', () => {
    for (const [number] of RECORD_TYPES)
      if (number !== LOGIN && (number < 1300 || number >= 2100)) expect(isArray(number)).toBe(false)
  })
})

it('daemon records are those with serials of their own', () => {
  expect(
    RECORD_TYPES.filter(([n]) => isDaemon(n)).every(([, name]) => name.startsWith('DAEMON_')),
  ).toBe(true)
  expect(isDaemon(1199)).toBe(false)
  expect(isDaemon(1300)).toBe(false)
})

describe('field kinds', () => {
  it('name each field once', () => {
    const names = FIELD_KINDS.map(([name]) => name)
    expect(names).toEqual([...new Set(names)])
    const pairs = FIELD_KINDS_BY_TYPE.map(([type, name]) => `${type} ${name}`)
    expect(pairs).toEqual([...new Set(pairs)])
  })

  it('say nothing that is said already', () => {
    const defaults = new Map(FIELD_KINDS)
    for (const [type, name, kind] of FIELD_KINDS_BY_TYPE)
      expect(kind, `${type} ${name}`).not.toBe(defaults.get(name) ?? FieldKind.Text)
    for (const [name, kind] of FIELD_KINDS) expect(kind, name).not.toBe(FieldKind.Text)
  })

  it('override only record types that exist', () => {
    const numbers = new Set(RECORD_TYPES.map(([number]) => number))
    for (const [type] of FIELD_KINDS_BY_TYPE) expect(numbers.has(type), String(type)).toBe(true)
  })
})
