/**
 * What JSON an audit field's value becomes: one kind per record type and field, for ever, whatever
 * a value looks like. A field has its default kind unless its record type overrides it; a field in
 * neither table is `Text`. Fields inside a user record's `msg='…'` follow the same two tables:
 * user space writes no name with another meaning than the kernel's that the record type does not
 * already tell apart.
 *
 * Kinds follow how the writer prints a field: the kernel's format strings (audit.c, auditsc.c,
 * lsm_audit.c and the other callers of audit_log_format), the field types of auparse (typetab.h),
 * the audit field dictionary (audit-documentation, specs/fields). Where LAUREL gives a number or
 * `"0x…"`, so does this table; unlike LAUREL it never takes an unquoted word for hex by its looks.
 *
 * Three things are not in here: the arguments of EXECVE and the title of PROCTITLE, which the
 * decoder takes apart (`a0`… are `Hex` elsewhere), and the upper-case fields that auditd's ENRICHED
 * format adds, which are `Text` except the name lists the decoder knows.
 */

import { RECORD_TYPES } from './record-types.ts'

/** Kinds of field values. A value that does not fit its kind stays text. */
export const FieldKind = {
  /** As written, outer quotes removed: a string. */
  Text: 0,
  /** Decimal integer, negative allowed: a number, however large (inodes may pass 2^53). */
  Num: 1,
  /** Hex digits with or without `0x`: `"0x…"`. */
  Hex: 2,
  /** Octal digits: `"0o…"`. */
  Oct: 3,
  /** The kernel's "untrusted string": quoted, or upper-case hex without quotes: decoded text. */
  Encoded: 4,
} as const
export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind]

const { Text, Num, Hex, Oct, Encoded } = FieldKind

const kinds = (kind: FieldKind, names: string): (readonly [string, FieldKind])[] =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => [name, kind] as const)

/** Default kind per field name; every other name is `Text`. */
export const FIELD_KINDS: readonly (readonly [name: string, kind: FieldKind])[] = [
  // Who: processes, users, groups, sessions.
  ...kinds(Num, 'pid ppid opid spid tpid vm-pid nlnk-pid audit_pid'),
  ...kinds(Num, 'auid uid euid suid fsuid ouid oauid sauid iuid obj_uid inode_uid old-auid id'),
  ...kinds(Num, 'gid egid sgid fsgid ogid igid obj_gid inode_gid new_gid'),
  ...kinds(Num, 'ses oses old-ses'),
  // What: system calls, their results and arguments.
  ...kinds(Num, 'syscall exit items item argc nargs sig compat uring_op errno error'),
  ...kinds(Hex, 'arch per a0 a1 a2 a3 a4 a5 ioctlcmd resolve'),
  ...kinds(Num, 'fd fd0 fd1 mqdes mq_maxmsg mq_msgsize mq_curmsgs msg_len msg_prio sigev_signo'),
  ...kinds(Num, 'abs_timeout_sec abs_timeout_nsec sec nsec'),
  ...kinds(Hex, 'mq_flags oflag qbytes'),
  // Files.
  ...kinds(Num, 'inode ino parent major minor maj sector'),
  ...kinds(Oct, 'mode'),
  ...kinds(Encoded, 'name path exe comm ocomm cwd file dir watch device cgroup root_dir'),
  ...kinds(Encoded, 'key key_desc cmd data proctitle kmod anonclass xattr'),
  // Capabilities.
  ...kinds(Num, 'capability cap_fe fe'),
  ...kinds(Hex, 'cap_fp cap_fi cap_fver cap_pi cap_pp cap_pe cap_pa fp fi fver pi pp pe pa'),
  ...kinds(Hex, 'old_pi old_pp old_pe old_pa new_pi new_pp new_pe'),
  // Security modules.
  ...kinds(Num, 'permissive enforcing old_enforcing enabled old-enabled new-enabled ssid tsid'),
  ...kinds(Num, 'val old_val seqno resp fan_type subj_trust obj_trust denials key_serial'),
  ...kinds(Num, 'cipso_doi sec_alg sec_doi src_prefixlen dst_prefixlen'),
  ...kinds(Hex, 'fan_info pkey'),
  ...kinds(Encoded, 'invalid_context srawcon trawcon'),
  ...kinds(Encoded, 'profile target namespace srcname peer_profile'),
  // The audit system itself.
  ...kinds(Num, 'audit_enabled audit_failure audit_backlog_limit audit_backlog_wait_time'),
  ...kinds(Num, 'audit_backlog_wait_time_actual audit_rate_limit actual lost list old new'),
  ...kinds(Num, 'old_lock new_lock old-log_passwd new-log_passwd'),
  ...kinds(Num, 'loginuid_immutable port nl-mcgrp'),
  // Network.
  ...kinds(Num, 'dport sport fport lport rport port_num entries proto protocol len ipid frag'),
  ...kinds(Num, 'truncated icmptype icmp_type icmpcode prom old_prom nlnk-grp nlnk-fam'),
  ...kinds(Hex, 'mark macproto'),
  // BPF, integrity, device mapper, anomalies.
  ...kinds(Num, 'prog-id added removed changed'),
  // User space: accounts, software, virtual machines, cryptography.
  ...kinds(Encoded, 'acct grp new_group sw vm old-disk new-disk old-fs new-fs old-rng new-rng'),
  ...kinds(Encoded, 'old-chardev new-chardev old-net new-net'),
  ...kinds(Num, 'old-mem new-mem old-vcpu new-vcpu key_enforce gpg_res ksize'),
]

/** LOGIN and everything from SYSCALL to the last kernel range. */
const KERNEL_RECORDS: readonly number[] = RECORD_TYPES.map(([type]) => type).filter(
  (type) => type === 1006 || (type >= 1300 && type < 2000),
)

const CRYPTO_KEY_USER = 2404
const MMAP = 1323
const NETFILTER_PKT = 1324
const NETFILTER_CFG = 1325
const SECCOMP = 1326
const OPENAT2 = 1337
const AVC = 1400
const LANDLOCK_ACCESS = 1423
const LANDLOCK_DOMAIN = 1424

/** Kinds of fields that mean something else in one record type than elsewhere. */
export const FIELD_KINDS_BY_TYPE: readonly (readonly [
  type: number,
  name: string,
  kind: FieldKind,
])[] = [
  // The kernel writes res=1, user space and auditd res=success.
  ...KERNEL_RECORDS.map((type) => [type, 'res', Num] as const),
  // A key's fingerprint: SHA256:91:53:…; a file's permitted capabilities elsewhere.
  [CRYPTO_KEY_USER, 'fp', Text],
  // mq_open writes its flags with 0x.
  [OPENAT2, 'oflag', Oct],
  [NETFILTER_CFG, 'family', Num],
  [NETFILTER_PKT, 'action', Num],
  [NETFILTER_PKT, 'hook', Num],
  // Ports in lsm_audit.c; D-Bus names in USER_AVC.
  [AVC, 'src', Num],
  [AVC, 'dest', Num],
  [LANDLOCK_ACCESS, 'src', Num],
  [LANDLOCK_ACCESS, 'dest', Num],
  [LANDLOCK_ACCESS, 'domain', Hex],
  [LANDLOCK_DOMAIN, 'domain', Hex],
  // mode=enforcing
  [LANDLOCK_DOMAIN, 'mode', Text],
  // Elsewhere an address in dots, an exit code, mount flags in words.
  [SECCOMP, 'ip', Hex],
  [SECCOMP, 'code', Hex],
  [MMAP, 'flags', Hex],
]
