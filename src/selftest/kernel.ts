/** The first hops: a kernel that audits, and an auditd that it gives its records to. */

import { auditdVersion } from '../install/auditd.ts'
import { type Process, processAt } from '../install/processes.ts'
import { run } from '../install/program.ts'
import { broken } from './hop.ts'
import { messageOf } from './record.ts'

/** The auditd that the kernel gives its records to. Throws the failure of the hop. */
export function findAuditd(): Process {
  const status = kernelStatus()
  if (status.get('enabled') === 0)
    throw broken(
      'kernel',
      'auditing is switched off',
      'auditctl -e 1; and no audit=0 on the kernel command line',
    )
  const pid = status.get('pid') ?? 0
  if (pid === 0)
    throw broken(
      'auditd',
      'no audit daemon is registered with the kernel',
      'start auditd: systemctl start auditd',
    )
  const auditd = processAt(pid)
  if (auditd === null)
    throw broken(
      'auditd',
      `the kernel gives records to process ${pid}, which is gone`,
      'start auditd',
    )
  if (auditd.name !== 'auditd')
    throw broken(
      'auditd',
      `the kernel gives records to ${auditd.name} (pid ${pid})`,
      'stop it and start auditd',
    )
  return auditd
}

/** Has the kernel make a record of it. Throws the failure of the hop. */
export function sendRecord(token: string): void {
  const { fault } = run('auditctl', ['-m', messageOf(token)])
  if (fault === null) return
  const remedy = 'run as root on the host, with auditctl installed'
  throw broken('kernel', `no record can be sent: ${fault}`, remedy)
}

function kernelStatus(): ReadonlyMap<string, number> {
  const { out, fault } = run('auditctl', ['-s'])
  if (fault !== null) {
    const remedy =
      auditdVersion() === null
        ? 'install auditd, or use --through-shim where the kernel does not audit'
        : 'run as root on the host; in a container use --through-shim'
    throw broken('kernel', `it does not answer: ${fault}`, remedy)
  }
  const fields = out.matchAll(/^(\w+) (\d+)/gm)
  return new Map(Array.from(fields, ([, name, value]) => [name, Number(value)]))
}
