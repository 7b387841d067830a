/** Number of the audit protocol (NETLINK_AUDIT in include/uapi/linux/netlink.h). */
const AUDIT = 9

/** An audit socket of user space. */
export interface AuditSocket {
  /** Its port, which is the process that opened it as long as that has no other netlink socket. */
  readonly pid: number
  /** Bytes that wait to be read. */
  readonly rmem: number
  /** Sends that failed. */
  readonly drops: number
}

/**
 * The audit sockets in the text of /proc/net/netlink that get records by unicast: auditd's, and for a
 * moment auditctl's. Readers of the multicast group (journald) are in a group, the kernel's own has port 0.
 */
export function auditSockets(text: string): AuditSocket[] {
  const [head, ...rows] = text.split('\n').map((line) => line.trim().split(/\s+/))
  const column = (name: string): number => head.indexOf(name)
  const [protocol, pid, groups] = [column('Eth'), column('Pid'), column('Groups')]
  const [rmem, drops] = [column('Rmem'), column('Drops')]
  if (Math.min(protocol, pid, groups, rmem, drops) < 0) return []
  return rows
    .filter((row) => Number(row[protocol]) === AUDIT && Number.parseInt(row[groups], 16) === 0)
    .map((row) => ({ pid: Number(row[pid]), rmem: Number(row[rmem]), drops: Number(row[drops]) }))
    .filter((socket) => socket.pid !== 0)
}
