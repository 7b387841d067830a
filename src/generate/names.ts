import { HOME_KEYS } from './kinds.ts'
import type { GeneratorOptions } from './options.ts'

/** Who may do something: as a host has them, services more often than people. */
const USERS = [
  { name: 'root', uid: 0, auid: null, ses: null, tty: '(none)' },
  { name: 'root', uid: 0, auid: null, ses: null, tty: '(none)' },
  { name: 'www-data', uid: 33, auid: null, ses: null, tty: '(none)' },
  { name: 'postgres', uid: 114, auid: null, ses: null, tty: '(none)' },
  { name: 'alice', uid: 1000, auid: 'alice', ses: 3, tty: 'pts0' },
  { name: 'root', uid: 0, auid: 'alice', ses: 3, tty: 'pts1' },
  { name: 'bob', uid: 1001, auid: 'bob', ses: 7, tty: 'pts2' },
  { name: 'deploy', uid: 1002, auid: 'deploy', ses: 11, tty: '(none)' },
] as const

const PEOPLE: Readonly<Record<string, number>> = { alice: 1000, bob: 1001, deploy: 1002 }

/** Command lines of the first programs; the first word is the path. More programs get made-up names. */
const PROGRAMS: readonly string[] = [
  '/usr/bin/bash -c true',
  '/usr/bin/cat /etc/hostname',
  '/usr/bin/ls -la /var/log',
  '/usr/sbin/nginx -g daemon_off;',
  '/usr/lib/postgresql/15/bin/postgres -D /var/lib/postgresql/15/main',
  '/usr/bin/python3.11 /srv/app/worker.py --queue default',
  '/usr/bin/grep -r needle .',
  '/usr/sbin/sshd -D -R',
  '/usr/bin/sed -n 1,10p',
  '/usr/sbin/cron -f',
  '/usr/bin/id -u',
  '/usr/bin/date +%s',
  '/usr/lib/systemd/systemd --user',
  '/usr/bin/find / -xdev',
  '/usr/bin/curl -fsS http://127.0.0.1:8080/healthz',
  '/usr/bin/git fetch --all',
  '/usr/bin/dpkg --configure -a',
  '/usr/bin/tar -cf - /srv',
  '/usr/sbin/logrotate /etc/logrotate.conf',
  '/usr/bin/sudo systemctl reload nginx',
]

/** The program that floods. */
const FLOODER = '/usr/local/bin/backup-agent --scan /srv'

/** The first paths; more are made up. */
const PATHS: readonly string[] = [
  '/etc/passwd',
  '/etc/shadow',
  '/etc/hosts',
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/ld.so.cache',
  '/usr/lib/x86_64-linux-gnu/libc.so.6',
  '/var/log/auth.log',
  '/var/lib/dpkg/status',
  '/root/.ssh/authorized_keys',
  '/home/alice/report 2026.txt',
]

const CWDS = ['/', '/root', '/home/alice', '/srv/app', '/var/lib/postgresql/15/main']

/** A field value as the kernel writes it: quoted, or in hex where it holds blanks, quotes or other than ASCII. */
export function encodeValue(value: string): string {
  // audit_string_contains_control in kernel/audit.c
  return /^[!#-~]*$/.test(value) ? `"${value}"` : hexOf(value)
}

function hexOf(value: string): string {
  return Buffer.from(value).toString('hex').toUpperCase()
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text)

/** What is written for one user. */
export interface UserText {
  readonly ids: Uint8Array
  readonly IDS: Uint8Array
  readonly who: Uint8Array
  readonly WHO: Uint8Array
  readonly acct: Uint8Array
}

/** What is written for one program. */
export interface ProgramText {
  readonly prog: Uint8Array
  readonly comm: Uint8Array
  readonly exe: Uint8Array
  readonly argv: Uint8Array
  readonly title: Uint8Array
}

/** The texts of users, programs, paths and keys, made when first asked for. */
export class Names {
  readonly users: readonly UserText[] = USERS.map(userText)
  readonly cwds: readonly Uint8Array[] = CWDS.map((cwd) => bytesOf(encodeValue(cwd)))
  readonly paths: readonly Uint8Array[]
  readonly dirs: readonly Uint8Array[]
  readonly nodes: readonly Uint8Array[]
  /** Index of the flood's key and program: the one after the ordinary ones. */
  readonly floodKey: number
  readonly floodProgram: number
  private readonly options: GeneratorOptions
  private readonly programTexts: ProgramText[] = []
  private readonly keyTexts: Uint8Array[] = []

  constructor(options: GeneratorOptions) {
    this.options = options
    this.floodKey = options.keys
    this.floodProgram = options.programs
    const named = PATHS.slice(0, options.paths)
    this.paths = named.map((name) => bytesOf(encodeValue(name)))
    this.dirs = named.map((name) => bytesOf(encodeValue(name.slice(0, name.lastIndexOf('/') + 1))))
    this.nodes = Array.from({ length: options.nodes }, (_, i) => bytesOf(this.nodeName(i)))
  }

  nodeName(index: number): string {
    return `web-${String(index + 1).padStart(2, '0')}`
  }

  keyName(index: number): string {
    if (index === this.floodKey) return this.options.floodKey
    return HOME_KEYS[index] ?? `rule-${index}`
  }

  /** The value of `key=`. */
  key(index: number): Uint8Array {
    return (this.keyTexts[index] ??= bytesOf(encodeValue(this.keyName(index))))
  }

  /** The value of `key=` with two keys, which the kernel parts by 0x01. */
  twoKeys(first: number, second: number): Uint8Array {
    return bytesOf(hexOf(`${this.keyName(first)}\x01${this.keyName(second)}`))
  }

  program(index: number): ProgramText {
    return (this.programTexts[index] ??= programText(
      index === this.floodProgram
        ? FLOODER
        : (PROGRAMS[index] ?? `/opt/tools/bin/tool-${index} --once`),
    ))
  }
}

function userText(user: (typeof USERS)[number]): UserText {
  const { name, uid } = user
  const auid = user.auid === null ? 4294967295 : PEOPLE[user.auid]
  const ses = user.ses ?? 4294967295
  const login = user.auid ?? 'unset'
  return {
    ids: bytesOf(
      `auid=${auid} uid=${uid} gid=${uid} euid=${uid} suid=${uid} fsuid=${uid} ` +
        `egid=${uid} sgid=${uid} fsgid=${uid} tty=${user.tty} ses=${ses}`,
    ),
    IDS: bytesOf(
      `AUID="${login}" UID="${name}" GID="${name}" EUID="${name}" SUID="${name}" FSUID="${name}" ` +
        `EGID="${name}" SGID="${name}" FSGID="${name}"`,
    ),
    who: bytesOf(`uid=${uid} auid=${auid} ses=${ses}`),
    WHO: bytesOf(`UID="${name}" AUID="${login}"`),
    acct: bytesOf(`acct=${encodeValue(name)}`),
  }
}

function programText(commandLine: string): ProgramText {
  const [exe = '', ...rest] = commandLine.split(' ')
  const name = exe.slice(exe.lastIndexOf('/') + 1)
  const argv = [name, ...rest]
  // TASK_COMM_LEN: 15 bytes and a NUL
  const comm = `comm=${encodeValue(name.slice(0, 15))}`
  const quoted = encodeValue(exe)
  return {
    prog: bytesOf(`${comm} exe=${quoted}`),
    comm: bytesOf(comm),
    exe: bytesOf(quoted),
    argv: bytesOf(
      `argc=${argv.length} ${argv.map((arg, i) => `a${i}=${encodeValue(arg)}`).join(' ')}`,
    ),
    title: bytesOf(encodeValue(argv.join('\0'))),
  }
}
