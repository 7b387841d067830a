import { AT_CWD, CWD, EOE, FILE, type Kind, PROCTITLE, syscall, user } from './records.ts'

const SSH = 'exe="/usr/sbin/sshd" hostname={ip} addr={ip} terminal=ssh'
const SUDO = 'exe="/usr/bin/sudo" hostname=? addr=? terminal=/dev/pts/0'

const DAEMON = 'auid=4294967295 pid=612'
const DAEMON_ENRICHED = '\x1dAUID="unset"'

/** What PAM, the kernel's security modules and auditd say without a rule. */
export const SYSTEM_KINDS: readonly Kind[] = [
  {
    name: 'login',
    weight: 1,
    key: -1,
    variants: [
      [
        'LOGIN pid={pid} uid=0 subj=unconfined old-auid=4294967295 auid=1000 tty=(none) old-ses=4294967295 ses=3 res=1' +
          '\x1dUID="root" OLD-AUID="unset" AUID="alice"',
        syscall(1, 'write', '4', 'a0=3 a1={stack} a2=4 a3=0', 0, '(null)'),
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'avc',
    weight: 2,
    key: -1,
    variants: [
      [
        'AVC avc:  denied  { read } for  pid={pid} {comm} name="index.html" dev="dm-0" ino={inode} ' +
          'scontext=system_u:system_r:httpd_t:s0 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file permissive=0',
        syscall(257, 'openat', '-13', `${AT_CWD} a1={heap} a2=0 a3=0`, 1, '(null)'),
        CWD,
        FILE,
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'config',
    weight: 0.2,
    key: -1,
    variants: [
      [
        'CONFIG_CHANGE auid=1000 ses=3 subj=unconfined op=add_rule key="temp" list=4 res=1\x1dAUID="alice"',
        syscall(44, 'sendto', '1084', 'a0=4 a1={stack} a2=43c a3=0', 0, '(null)'),
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'seccomp',
    weight: 0.3,
    key: -1,
    variants: [
      [
        'SECCOMP auid=1000 uid=1000 gid=1000 ses=3 subj=unconfined pid={pid} {prog} sig=0 arch=c000003e syscall=273 compat=0 ip=0x{mapped} code=0x50000' +
          '\x1dAUID="alice" UID="alice" GID="alice" ARCH=x86_64 SYSCALL=set_robust_list',
      ],
    ],
  },
  {
    name: 'user',
    weight: 9,
    key: -1,
    variants: [
      [user('USER_AUTH', `op=PAM:authentication grantors=pam_unix {acct} ${SSH} res=success`)],
      [user('USER_ACCT', `op=PAM:accounting grantors=pam_permit {acct} ${SSH} res=success`)],
      [user('CRED_ACQ', `op=PAM:setcred grantors=pam_permit {acct} ${SSH} res=success`)],
      [user('USER_START', `op=PAM:session_open grantors=pam_unix {acct} ${SSH} res=success`)],
      [
        user(
          'USER_LOGIN',
          'op=login id=1000 exe="/usr/sbin/sshd" hostname={ip} addr={ip} terminal=/dev/pts/0 res=success',
          ' ID="alice"',
        ),
      ],
      [
        user(
          'USER_CMD',
          'cwd={cwd} cmd=73797374656D63746C2073746174757320737368 exe="/usr/bin/sudo" terminal=pts/0 res=success',
        ),
      ],
      [user('CRED_REFR', `op=PAM:setcred grantors=pam_permit {acct} ${SUDO} res=success`)],
      [user('USER_END', `op=PAM:session_close grantors=pam_unix {acct} ${SSH} res=success`)],
      [user('CRED_DISP', `op=PAM:setcred grantors=pam_permit {acct} ${SSH} res=success`)],
      [
        'SERVICE_START pid=1 uid=0 auid=4294967295 ses=4294967295 subj=unconfined ' +
          'msg=\'unit=logrotate comm="systemd" exe="/usr/lib/systemd/systemd" hostname=? addr=? terminal=? res=success\'' +
          '\x1dUID="root" AUID="unset"',
      ],
    ],
  },
  {
    name: 'daemon',
    weight: 0.1,
    key: -1,
    variants: [
      [`DAEMON_ROTATE op=rotate-logs ${DAEMON} subj=unconfined res=success${DAEMON_ENRICHED}`],
      [
        `DAEMON_CONFIG op=reconfigure state=changed ${DAEMON} subj=unconfined res=success${DAEMON_ENRICHED}`,
      ],
    ],
  },
]
