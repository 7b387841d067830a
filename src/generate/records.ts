/**
 * How records are written down here: `TYPE fields`, what ENRICHED adds after 0x1d following after
 * `\x1d`; `{name}` is a slot that is filled per event (see slots.ts). Field order is that of the
 * kernel (auditsc.c, `audit_log_exit`), of auditd and of PAM.
 */

/** One way an event of a kind may look. */
export type Variant = readonly string[]

export interface Kind {
  readonly name: string
  /** Weight in a host's usual mix, where all weights are about 100. */
  readonly weight: number
  /** The rule key it carries, an index into HOME_KEYS; -1 where no rule made it. */
  readonly key: number
  readonly variants: readonly Variant[]
}

/** A SYSCALL record of x86_64. `args` is `a0=… a1=… a2=… a3=…`. */
export function syscall(
  number: number,
  name: string,
  exit: string,
  args: string,
  items: number,
  key = '{key}',
): string {
  const success = exit.startsWith('-') ? 'no' : 'yes'
  return (
    `SYSCALL arch=c000003e syscall=${number} success=${success} exit=${exit} ${args} items=${items} ` +
    `ppid={ppid} pid={pid} {ids} {prog} subj=unconfined key=${key}` +
    `\x1dARCH=x86_64 SYSCALL=${name} {IDS}`
  )
}

/** A PATH record of a file that belongs to root. */
export function path(
  item: number,
  name: string,
  inode: string,
  mode: string,
  type: string,
): string {
  return (
    `PATH item=${item} name=${name} inode=${inode} dev=fd:00 mode=${mode} ouid=0 ogid=0 rdev=00:00 ` +
    `nametype=${type} cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0\x1dOUID="root" OGID="root"`
  )
}

/** Records and arguments that many events have. EOE has no fields. */
export const CWD = 'CWD cwd={cwd}'
export const PROCTITLE = 'PROCTITLE proctitle={title}'
export const EOE = 'EOE '

export const PARENT: string = path(0, '{dir}', '{dirnode}', '040755', 'PARENT')
export const LINKER: string = path(
  1,
  '"/lib64/ld-linux-x86-64.so.2"',
  '131099',
  '0100755',
  'NORMAL',
)
export const FILE: string = path(0, '{path}', '{inode}', '0100644', 'NORMAL')
export const AT_CWD = 'a0=ffffff9c'
export const EXEC_ARGS = 'a0={heap} a1={heap} a2={heap} a3=8'

/** A message of PAM, sshd, sudo or systemd: one record, which the kernel prefixes with who sent it. */
export function user(type: string, message: string, enriched = ''): string {
  return `${type} pid={pid} {who} subj=unconfined msg='${message}'\x1d{WHO}${enriched}`
}
