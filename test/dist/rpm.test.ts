import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bareMachine, type Machine, made, unavailable } from './machine.ts'

describe.skipIf(unavailable !== null)('the package for Fedora and RHEL', () => {
  let machine: Machine
  const ask = (...args: readonly string[]): string =>
    execFileSync('rpm', ['-qp', ...args, made('.rpm')], { encoding: 'utf8', maxBuffer: 1 << 26 })
  beforeAll(() => {
    machine = bareMachine()
  }, 600_000)
  afterAll(() => machine?.remove())

  it('asks for a shell, systemd and the libraries of C and C++', () => {
    const needs = ask('--requires')
      .split('\n')
      .map((line) => line.replace(/\(.*/, '').trim())
      .filter(
        (name) =>
          !/^(?:|rpmlib|rtld|config|ld-linux.*|lib(?:c|m|dl|pthread|gcc_s|stdc\+\+)\.so.*)$/.test(
            name,
          ),
      )
    expect([...new Set(needs)].toSorted()).toEqual(['/bin/sh', 'systemd'])
    expect(ask('--provides')).not.toContain('librdkafka')
  })

  it('keeps configuration that was changed', () => {
    expect(ask('--configfiles').trim().split('\n')).toEqual([
      '/etc/audit/plugins.d/spillway.conf',
      '/etc/spillway/spillway.yaml',
    ])
    expect(ask('--qf', '[%{FILENAMES} %{FILEFLAGS:fflags}\\n]')).toMatch(/spillway\.yaml cn$/m)
  })

  it('owns its files as auditd and the service want them', () => {
    const files = ask(
      '--qf',
      '[%{FILEMODES:perms} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILENAMES}\\n]',
    )
    for (const line of [
      'drwxr-x--- root spillway /etc/spillway',
      '-rw-r----- root spillway /etc/spillway/spillway.yaml',
      'drwxr-x--- root root /etc/audit',
      '-rw-r----- root root /etc/audit/plugins.d/spillway.conf',
      '-rwxr-x--- root root /opt/spillway/sbin/spillway-shim',
      'lrwxrwxrwx root root /usr/bin/spillway',
    ])
      expect(files).toContain(`${line}\n`)
  })

  it('installs, runs and is erased, with users and directories made by its scripts', () => {
    // No rpm lies in the bare root: the one outside works on it, with the scripts run inside, which
    // look into /proc.
    const enter = `mount -t proc proc "$0/proc" && exec rpm --root "$0" --nodeps "$@"`
    const inside = (...args: readonly string[]): string =>
      execFileSync('unshare', ['--mount', '--net', 'sh', '-c', enter, machine.root, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      })
    expect(inside('-i', made('.rpm'))).toContain(
      'systemctl enable --now spillway.service spillway-watch.service',
    )
    expect(machine.ok('spillway config check')).toBe('/etc/spillway/spillway.yaml holds\n')
    expect(machine.ok('spillway-shim --check --user=spillway-shim')).toBe('')
    expect(machine.ok("stat -c '%a %U %G' /var/spool/spillway/state").trim()).toBe(
      '750 spillway spillway',
    )
    machine.ok('touch /var/spool/spillway/kept')
    inside('-e', 'spillway')
    expect(machine.ok('ls /var/spool/spillway; ls -d /opt/spillway 2>&1 || :')).toMatch(
      /^kept\nstate\nls: cannot access/,
    )
  })
})
