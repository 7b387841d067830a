/** The record that is followed. */

import { randomBytes } from 'node:crypto'

/** Text that no other record holds. */
export function createToken(): string {
  return randomBytes(9).toString('hex')
}

/** What is sent with `auditctl -m`; the kernel makes a USER record of it. */
export function messageOf(token: string): string {
  return `spillway-selftest ${token}`
}

/** A USER record as the kernel and auditd write one, for hosts whose kernel does not audit. */
export function madeRecord(token: string, now: number): string {
  const stamp = `${(now / 1000).toFixed(3)}:1`
  return (
    `type=USER msg=audit(${stamp}): pid=${process.pid} uid=0 auid=4294967295 ses=4294967295 ` +
    `msg='text="${messageOf(token)}" exe="spillway" hostname=? addr=? terminal=? res=success'\n`
  )
}
