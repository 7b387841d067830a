import { describe, expect, it } from 'vitest'
import { auditSockets } from '../../src/watch/netlink.ts'

const HEAD =
  'sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode'
const KERNEL =
  '00000000aaf227f6 9   0          00000000 0        0        0     2        0        6       '
const AUDITD =
  '0000000054bd7e5b 9   947        00000000 211968   0        0     2        7        20145   '
const JOURNALD =
  '00000000f48bc8ed 9   1          00000001 0        0        0     2        0        566     '
const ROUTE =
  '00000000d55d76e1 0   947        00000000 512      0        0     2        3        4       '

describe('/proc/net/netlink', () => {
  it('gives the audit sockets of user space that get records by unicast', () => {
    expect(auditSockets([HEAD, KERNEL, ROUTE, JOURNALD, AUDITD, ''].join('\n'))).toEqual([
      { pid: 947, rmem: 211_968, drops: 7 },
    ])
  })

  it('is read by the names of its columns, as older kernels have them in another order', () => {
    const old = 'sk       Eth Pid    Groups   Rmem     Wmem     Dump     Locks     Drops'
    const row = 'ffff8800 9   947    00000000 2304     0        00000000 2         1'
    expect(auditSockets(`${old}\n${row}\n`)).toEqual([{ pid: 947, rmem: 2304, drops: 1 }])
  })

  it('holds none where it is something else', () => {
    expect(auditSockets('')).toEqual([])
    expect(auditSockets('no such table\n9 9 9 9 9')).toEqual([])
  })
})
