import { CWD, EOE, PROCTITLE, path, syscall, user, type Variant } from './records.ts'

/**
 * Odd events: shapes that real systems have written and that broke a parser somewhere. Every line
 * but those in MALFORMED has a header and is a record. A record that begins with `!` has a header
 * without `msg=`.
 */

const EXEC = syscall(59, 'execve', '0', 'a0={heap} a1={heap} a2={heap} a3=8', 0, '(null)')
const OPEN = syscall(257, 'openat', '3', 'a0=ffffff9c a1={stack} a2=0 a3=0', 1, '(null)')
const OLD_IDS = 'auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0'

/** A connect event with this socket address. */
function connect(saddr: string, enriched: string): Variant {
  return [
    syscall(42, 'connect', '0', 'a0=5 a1={stack} a2=6e a3=0', 0, '(null)'),
    `SOCKADDR saddr=${saddr}\x1dSADDR=${enriched}`,
    PROCTITLE,
    EOE,
  ]
}

export const ODD: readonly Variant[] = [
  // two enriched ids of one name
  [
    user(
      'USER_MGMT',
      'op=modify uid=1003 {acct} exe="/usr/sbin/usermod" hostname=? addr=? terminal=? res=success',
      ' UID="test"',
    ),
  ],
  // digits that look like hex, hex that holds blanks, a deleted program
  [
    'SYSCALL arch=c000003e syscall=59 success=yes exit=0 a0=10 a1=20 a2=30 a3=40 items=1 ppid={ppid} pid={pid} {ids} ' +
      'comm=612062 exe=2F7573722F62696E2F707974686F6E33202864656C6574656429 subj=unconfined key=(null)\x1dARCH=x86_64 SYSCALL=execve {IDS}',
    'EXECVE argc=3 a0="kill" a1="3005" a2=3005',
    'CWD cwd=2F686F6D652F6D7920646F6373',
    path(0, '2F746D702F6D79207265706F72742E747874', '{inode}', '0100644', 'NORMAL'),
    'PROCTITLE proctitle=6B696C6C0033303035',
    EOE,
  ],
  // account names without quotes, in hex, with quotes inside
  [
    user(
      'USER_AUTH',
      'op=PAM:authentication acct=root exe="/usr/sbin/sshd" hostname=? addr=? terminal=ssh res=failed',
    ),
  ],
  [
    user(
      'USER_AUTH',
      'op=PAM:authentication acct=726F6F742078 exe="/usr/sbin/sshd" hostname=? addr=? terminal=ssh res=failed',
    ),
  ],
  [
    user(
      'USER_LOGIN',
      'op=login acct="system-property(\'vendor\')/>" exe="/usr/sbin/sshd" hostname=? addr={ip} terminal=ssh res=failed',
    ),
  ],
  // arguments: empty, none, one announced and missing, a fragment missing in the middle
  [EXEC, 'EXECVE argc=2 a0="/bin/echo" a1=""', PROCTITLE, EOE],
  [EXEC, 'EXECVE argc=0 a0="whoami"', PROCTITLE, EOE],
  [EXEC, 'EXECVE argc=2 a0="/bin/echo"', PROCTITLE, EOE],
  [
    EXEC,
    'EXECVE argc=2 a0="sh" a1_len=24 a1[0]=6C6C6C6C',
    'EXECVE  a1[2]=6D6D6D6D',
    PROCTITLE,
    EOE,
  ],
  // two rule keys
  [
    syscall(257, 'openat', '3', 'a0=ffffff9c a1={stack} a2=0 a3=0', 1, '{keys2}'),
    CWD,
    path(0, '{path}', '{inode}', '0100644', 'NORMAL'),
    PROCTITLE,
    EOE,
  ],
  // empty values, doubled equals signs, braces and blanks in subjects
  [
    'CRYPTO_SESSION pid={pid} uid=0 auid=4294967295 ses=4294967295 subj= msg=\'op=start direction=from-server cipher=aes256-gcm ksize=256 mac= pfs= spid={pid} rport=22 res=success \'\x1dUID="root" AUID="unset"',
  ],
  [
    'SYSCALL arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1={stack} a2=0 a3=0 items=0 ppid={ppid} pid={pid} {ids} {prog} subj==/usr/bin/man//&man_groff (enforce) key=(null)\x1dARCH=x86_64 SYSCALL=openat {IDS}',
    PROCTITLE,
    EOE,
  ],
  [
    'SYSCALL arch=c000003e syscall=41 success=yes exit=6 a0=2 a1=2 a2=0 a3=0 items=0 ppid={ppid} pid={pid} {ids} {prog} subj=/{,usr/}sbin/dhclient key=(null)\x1dARCH=x86_64 SYSCALL=socket {IDS}',
    PROCTITLE,
    EOE,
  ],
  // access decisions in prose; two of one event
  [
    'AVC apparmor="STATUS" operation="profile_replace" info="same as current profile, skipping" profile="unconfined" name="nvidia_modprobe" pid={pid} comm="apparmor_parser"',
    syscall(1, 'write', '120', 'a0=7 a1={heap} a2=78 a3=0', 0, '(null)'),
    PROCTITLE,
    EOE,
  ],
  [
    'AVC avc:  denied  { rlimitinh } for  pid={pid} comm="unix_chkpwd" scontext=system_u:system_r:sshd_t:s0-s0:c0.c1023 tcontext=system_u:system_r:chkpwd_t:s0 tclass=process permissive=0',
    'AVC avc:  denied  { siginh } for  pid={pid} comm="unix_chkpwd" scontext=system_u:system_r:sshd_t:s0-s0:c0.c1023 tcontext=system_u:system_r:chkpwd_t:s0 tclass=process permissive=0',
    EXEC,
    PROCTITLE,
    EOE,
  ],
  [
    'USER_AVC pid=1 uid=81 auid=4294967295 ses=4294967295 subj=unconfined msg=\'avc:  received policyload notice (seqno=2)  exe=2F7573722F62696E2F646275732D6461656D6F6E sauid=81 hostname=? addr=? terminal=?\'\x1dUID="messagebus" AUID="unset" SAUID="messagebus"',
  ],
  [
    user(
      'USER_ERR',
      'Regex version mismatch, expected: 10.37 actual: 10.39 exe="/usr/bin/udevadm" hostname=? addr=? terminal=? res=failed',
    ),
  ],
  // what old kernels and old PAM wrote
  [
    'USER_START user pid={pid} uid=0 auid=1000 msg=\'PAM: session open acct=root : exe="/usr/sbin/crond" (hostname=?, addr=?, terminal=cron res=success)\'\x1dUID="root" AUID="alice"',
  ],
  [
    'LOGIN login pid={pid} uid=0 old auid=4294967295 new auid=0 old ses=4294967295 new ses=12\x1dUID="root"',
    EOE,
  ],
  ['KERNEL initialized'],
  [
    `SYSCALL arch=c000003e syscall=59 per=40000 success=yes exit=0 a0={heap} a1={heap} a2={heap} a3=8 items=0 ppid={ppid} pid={pid} ${OLD_IDS} tty=(none) ses=4284966295 {prog} key=(null)\x1dARCH=x86_64 SYSCALL=execve`,
    PROCTITLE,
    EOE,
  ],
  [
    `SYSCALL arch=c000003e syscall=231 a0=0 a1=0 a2=0 a3=0 items=0 ppid={ppid} pid={pid} ${OLD_IDS} tty=(none) ses=-1 {prog} key=(null)\x1dARCH=x86_64 SYSCALL=exit_group`,
    PROCTITLE,
    EOE,
  ],
  // a big-endian machine
  [
    'SYSCALL arch=80000015 syscall=328 success=yes exit=0 a0=3 a1={stack} a2=10 a3=0 items=0 ppid={ppid} pid={pid} {ids} {prog} key=(null)\x1dARCH=ppc64 SYSCALL=connect {IDS}',
    'SOCKADDR saddr=0002D9030A0000070000000000000000',
    PROCTITLE,
    EOE,
  ],
  // paths with hardly anything in them
  [OPEN, CWD, 'PATH item=0 name=(null)', PROCTITLE, EOE],
  [
    OPEN,
    CWD,
    'PATH item=0 name={path} nametype=UNKNOWN cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0',
    PROCTITLE,
    EOE,
  ],
  [
    OPEN,
    'CWD  cwd={cwd}',
    'PATH item=0 name={path} inode={inode} dev=08:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 objtype=NORMAL\x1dOUID="root" OGID="root"',
    PROCTITLE,
    EOE,
  ],
  // socket addresses: cut short, abstract, with braces, of no known family
  connect('0100', '{ saddr_fam=local sockaddr len too short }'),
  connect(`0100${'402F746D702F'.padEnd(212, '0')}`, '{ saddr_fam=local path=@/tmp/ }'),
  connect('01002F746D702F7B39653263', '{ saddr_fam=local path=/tmp/{9e2c }'),
  connect('100000000000000000000000', '{ saddr_fam=netlink nlnk-fam=16 nlnk-pid=0 }'),
  connect('FF00', 'unknown-family(255)'),
  // titles: cut at 128 bytes inside a character, bytes that are no UTF-8
  [
    OPEN,
    CWD,
    path(0, '{path}', '{inode}', '0100644', 'NORMAL'),
    `PROCTITLE proctitle=${'61'.repeat(126)}C3`,
    EOE,
  ],
  [
    OPEN,
    CWD,
    path(0, '2F746D702FFF80FE', '{inode}', '0100644', 'NORMAL'),
    'PROCTITLE proctitle=6C73002F746D702FFF80FE',
    EOE,
  ],
  // colons, a corrupt tail, a type without a name, lone kernel records, io_uring without PROCTITLE
  [
    user(
      'CRYPTO_KEY_USER',
      'op=destroy kind=server fp=SHA256:91:53:a7:2c:0e direction=? spid={pid} suid=0  exe="/usr/sbin/sshd" hostname=? addr=? terminal=? res=success',
    ),
  ],
  [
    'DAEMON_END op=terminate auid=0 uid=0 ses=8 pid=1 subj=24970459.090:670): pid=12323 res=success\' res=success\x1dAUID="root" UID="root"',
  ],
  ['UNKNOWN[1334] prog-id=46 op=LOAD', EOE],
  [
    'NETFILTER_CFG table=nat:13;POSTROUTING:5 family=2 entries=27 op=nft_register_rule pid={pid} subj=unconfined comm="iptables"',
    EOE,
  ],
  [
    'URINGOP uring_op=18 success=yes exit=4 items=1 ppid={ppid} pid={pid} uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 subj=unconfined key=(null)\x1dURING_OP=openat UID="root" GID="root" EUID="root" SUID="root" FSUID="root" EGID="root" SGID="root" FSGID="root"',
    CWD,
    path(0, '{path}', '{inode}', '0100644', 'NORMAL'),
    EOE,
  ],
  // a header without msg=, a record above the kernel's limit of 8,970 bytes
  ['!KERN_MODULE name="ext4"', EOE],
  [EXEC, `EXECVE argc=1 a0=${'61'.repeat(5000)}`, PROCTITLE, EOE],
  // a tail of 16 bytes cut off by a writer
  [
    'SERVICE_STOP pid=1 uid=0 auid=4294967295 ses=4294967295 subj=unconfined msg=\'unit=cron comm="systemd" exe="/usr/lib/systemd/systemd" hostname=? addr=? termina',
  ],
]

/** Lines of a text stream that are no record: a reject, or blank. */
export const MALFORMED: readonly { readonly line: string; readonly blank: boolean }[] = [
  { line: '', blank: true },
  { line: 'audispd: queue is full - dropping event', blank: false },
  { line: 'type=SYSCALL msg=audit(): arch=c000003e syscall=59', blank: false },
  { line: 'type=CWD msg=audit(yesterday:12): cwd="/"', blank: false },
  { line: 'arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c', blank: false },
]
