import {
  AT_CWD,
  CWD,
  EOE,
  EXEC_ARGS,
  FILE,
  type Kind,
  LINKER,
  PARENT,
  PROCTITLE,
  path,
  syscall,
} from './records.ts'

/** Payload digits per EXECVE record of an argument that does not fit one (kernel: 7,500 a record). */
const EXECVE_DIGITS = 7490
const SPLIT_RECORDS = 5

/** An argument of 18,725 bytes, cut into records as the kernel does. */
function splitExecve(): string[] {
  const part = '6C'.repeat(EXECVE_DIGITS / 2)
  const records = [
    `EXECVE argc=3 a0={exe} a1="-c" a2_len=${EXECVE_DIGITS * SPLIT_RECORDS} a2[0]=${part}`,
  ]
  for (let i = 1; i < SPLIT_RECORDS; i++) records.push(`EXECVE  a2[${i}]=${part}`)
  return records
}

/** What programs do and rules watch, in the kernel's order of records. */
export const SYSCALL_KINDS: readonly Kind[] = [
  {
    name: 'open',
    weight: 34,
    key: 1,
    variants: [
      [
        syscall(257, 'openat', '{fd}', `${AT_CWD} a1={stack} a2=0 a3=0`, 1),
        CWD,
        FILE,
        PROCTITLE,
        EOE,
      ],
      [
        syscall(257, 'openat', '{fd}', `${AT_CWD} a1={heap} a2=80000 a3=0`, 1),
        CWD,
        FILE,
        PROCTITLE,
        EOE,
      ],
      [
        syscall(257, 'openat', '-13', `${AT_CWD} a1={stack} a2=0 a3=0`, 1),
        CWD,
        FILE,
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'create',
    weight: 8,
    key: 5,
    variants: [
      [
        syscall(257, 'openat', '{fd}', `${AT_CWD} a1={stack} a2=241 a3=1b6`, 2),
        CWD,
        PARENT,
        path(1, '{path}', '{inode}', '0100644', 'CREATE'),
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'exec',
    weight: 16,
    key: 0,
    variants: [
      [
        syscall(59, 'execve', '0', EXEC_ARGS, 2),
        'EXECVE {argv}',
        CWD,
        path(0, '{exe}', '{exenode}', '0100755', 'NORMAL'),
        LINKER,
        PROCTITLE,
        EOE,
      ],
      [
        syscall(59, 'execve', '0', EXEC_ARGS, 1),
        'EXECVE {argv}',
        CWD,
        path(0, '{exe}', '{exenode}', '0100755', 'NORMAL'),
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'bigexec',
    weight: 0.02,
    key: 0,
    variants: [
      [
        syscall(59, 'execve', '0', EXEC_ARGS, 2),
        ...splitExecve(),
        CWD,
        path(0, '{exe}', '{exenode}', '0100755', 'NORMAL'),
        LINKER,
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'unlink',
    weight: 7,
    key: 2,
    variants: [
      [
        syscall(87, 'unlink', '0', 'a0={stack} a1=0 a2=0 a3=0', 2),
        CWD,
        PARENT,
        path(1, '{path}', '{inode}', '0100644', 'DELETE'),
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'rename',
    weight: 3,
    key: 2,
    variants: [
      [
        syscall(82, 'rename', '0', 'a0={stack} a1={stack} a2=0 a3=0', 4),
        CWD,
        PARENT,
        path(1, '{dir}', '{dirnode}', '040755', 'PARENT'),
        path(2, '"draft.tmp"', '{inode}', '0100644', 'DELETE'),
        path(3, '{path}', '{inode}', '0100644', 'CREATE'),
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'chmod',
    weight: 4,
    key: 3,
    variants: [
      [
        syscall(268, 'fchmodat', '0', `${AT_CWD} a1={heap} a2=1ed a3=0`, 1),
        CWD,
        FILE,
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'connect',
    weight: 12,
    key: 4,
    variants: [
      [
        syscall(42, 'connect', '0', 'a0={fd} a1={stack} a2=10 a3=0', 0),
        'SOCKADDR saddr={saddr}\x1dSADDR={ saddr_fam=inet laddr={ip} lport={port} }',
        PROCTITLE,
        EOE,
      ],
      [
        syscall(42, 'connect', '-115', 'a0={fd} a1={stack} a2=10 a3=0', 0),
        'SOCKADDR saddr={saddr}\x1dSADDR={ saddr_fam=inet laddr={ip} lport={port} }',
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'kill',
    weight: 1,
    key: 8,
    variants: [
      [
        syscall(62, 'kill', '0', 'a0=3e8 a1=f a2=0 a3=0', 0),
        'OBJ_PID opid=1000 oauid=-1 ouid=0 oses=-1 obj=unconfined ocomm="cron"\x1dOAUID="unset" OUID="root"',
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'mmap',
    weight: 1,
    key: 7,
    variants: [
      [
        syscall(9, 'mmap', '{mapped}', 'a0=0 a1=21000 a2=5 a3=2', 0),
        'MMAP fd=3 flags=0x2',
        PROCTITLE,
        EOE,
      ],
    ],
  },
  {
    name: 'getppid',
    weight: 0,
    key: 7,
    variants: [[syscall(110, 'getppid', '{ppid}', 'a0=0 a1={stack} a2=0 a3=0', 0), PROCTITLE, EOE]],
  },
  {
    name: 'module',
    weight: 0.2,
    key: 6,
    variants: [
      [
        syscall(313, 'finit_module', '0', 'a0=0 a1={heap} a2=0 a3=0', 0),
        'KERN_MODULE name="nf_tables"',
        PROCTITLE,
        EOE,
      ],
    ],
  },
]
