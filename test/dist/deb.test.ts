import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bareMachine, type Machine, made, unavailable, withService } from './machine.ts'

/** Everything outside /opt that is there and has our name, or what we are given. */
const OURS = `find / -xdev -name '*spillway*' ! -path '/proc/*' ! -path '/opt/*' ! -path '/tmp/*' | sort`

const DELIVERED = '/var/log/spillway/events.ndjson'

describe.skipIf(unavailable !== null)('the package for Debian', () => {
  let machine: Machine
  const install = (): string => machine.ok('dpkg -i /tmp/spillway.deb')
  const owner = (path: string): string => machine.ok(`stat -c '%a %U %G' ${path}`).trim()
  beforeAll(() => {
    machine = bareMachine()
    copyFileSync(made('.deb'), join(machine.root, 'tmp/spillway.deb'))
  }, 600_000)
  afterAll(() => machine?.remove())

  it('needs nothing from the network, and says what is left to do', () => {
    const said = install()
    expect(said).toContain('systemctl enable --now spillway.service spillway-watch.service')
    expect(said).toContain('set active = yes in /etc/audit/plugins.d/spillway.conf')
  })

  it('makes users, and directories of theirs that are closed to others', () => {
    expect(owner('/etc/spillway')).toBe('750 root spillway')
    expect(owner('/etc/spillway/spillway.yaml')).toBe('640 root spillway')
    expect(owner('/var/spool/spillway')).toBe('750 spillway-shim spillway')
    expect(owner('/var/spool/spillway/state')).toBe('750 spillway spillway')
    expect(owner('/var/log/spillway')).toBe('750 spillway spillway')
  })

  it('lets auditd start nothing before somebody asks for it', () => {
    expect(machine.ok('cat /etc/audit/plugins.d/spillway.conf')).toMatch(/^active = no$/m)
    expect(owner('/etc/audit/plugins.d/spillway.conf')).toBe('640 root root')
    expect(owner('/etc/audit')).toBe('750 root root')
    expect(machine.ok('find /etc/systemd -name "*spillway*"')).toBe('')
  })

  it('brings a configuration that holds and a shim that auditd takes', () => {
    expect(machine.ok('spillway config check')).toBe('/etc/spillway/spillway.yaml holds\n')
    expect(machine.ok('spillway-shim --check --user=spillway-shim')).toBe('')
  })

  it('delivers what the shim is handed, with no process of root behind the spool', () => {
    const shim = 'env -i /opt/spillway/sbin/spillway-shim --user=spillway-shim'
    machine.ok(`spillway generate --events 500 | ${shim}`)
    machine.ok("sed -i 's/^active = no/active = yes/' /etc/audit/plugins.d/spillway.conf")
    // The last events of the first shim stay open until its end is known.
    const all = `timeout 60 sh -c 'until [ $(wc -l < ${DELIVERED}) -gt 500 ]; do sleep 0.2; done'`
    const said = machine.ok(withService(`spillway selftest --through-shim --timeout 60 && ${all}`))
    expect(said).toMatch(/^arrived in /m)
    expect(Number(machine.ok(`wc -l < ${DELIVERED}`))).toBeGreaterThan(500)
    expect(machine.ok('stat -c %U /var/spool/spillway/*.seg | sort -u').trim()).toBe(
      'spillway-shim',
    )
  })

  it('keeps what an administrator changed when it is installed again', () => {
    machine.ok(
      'echo "# ours" >> /etc/spillway/spillway.yaml; chmod 0600 /etc/spillway/spillway.yaml',
    )
    install()
    expect(machine.ok('tail -n 1 /etc/spillway/spillway.yaml')).toBe('# ours\n')
    expect(owner('/etc/spillway/spillway.yaml')).toBe('600 root spillway')
  })

  it('leaves configuration and records when it is removed, and tells of an active plugin', () => {
    const { code, err } = machine.run('dpkg -r spillway')
    expect(code).toBe(0)
    expect(err).toContain('auditd still starts its plugin')
    expect(
      machine.ok('[ ! -e /opt/spillway ] && [ ! -e /usr/bin/spillway ] && ls /etc/spillway'),
    ).toBe('spillway.yaml\n')
    expect(Number(machine.ok(`wc -l < ${DELIVERED}`))).toBeGreaterThan(500)
  })

  it('leaves records alone when it is purged', () => {
    const { code, err } = machine.run('dpkg -P spillway')
    expect(code).toBe(0)
    expect(err).toContain('kept, since it is not empty: /var/spool/spillway\n')
    expect(machine.ok(OURS).trim().split('\n')).toEqual([
      '/var/log/spillway',
      '/var/spool/spillway',
    ])
  })

  it('refuses to lie over an installation from the tarball', () => {
    machine.ok('mkdir -p /opt/spillway && echo {} > /opt/spillway/installed.json')
    const { code, err } = machine.run('dpkg -i /tmp/spillway.deb')
    expect(code).not.toBe(0)
    expect(err).toContain('/opt/spillway/bin/spillway uninstall')
  })

  it('asks for the C library that its add-on is linked to', () => {
    const needs = execFileSync('dpkg-deb', ['-f', made('.deb'), 'Depends'], { encoding: 'utf8' })
    expect(needs).toMatch(/^libc6 \(>= 2\.\d+\), /)
  })
})
