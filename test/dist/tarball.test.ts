import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bareMachine, type Machine, made, unavailable, withService } from './machine.ts'

/** Where nobody would put it. */
const PLACE = '/srv/an odd place'

/** Loads librdkafka with every symbol looked up at once, and has a cluster in memory report a message. */
const PRODUCE = `
const Kafka = require(process.argv[2] + '/node_modules/node-rdkafka')
const settings = { 'test.mock.num.brokers': 1, 'compression.codec': 'zstd', dr_cb: true }
const producer = new Kafka.Producer(settings)
producer.on('delivery-report', (error) => {
  console.log(error ?? 'delivered', Kafka.features.join())
  process.exit()
})
producer.setPollInterval(10)
producer.connect({}, (error) => {
  if (error) throw error
  producer.produce('topic', null, Buffer.alloc(5000))
})`

describe.skipIf(unavailable !== null)('the tarball, unpacked where nothing else is', () => {
  let machine: Machine
  let top = ''
  let here = ''
  beforeAll(() => {
    machine = bareMachine()
    mkdirSync(join(machine.root, PLACE))
    execFileSync('tar', ['-xzf', made('.tar.gz'), '-C', join(machine.root, PLACE)])
    here = `${PLACE}/${readdirSync(join(machine.root, PLACE))[0]}`
    top = join(machine.root, here)
  }, 600_000)
  afterAll(() => machine?.remove())

  it('starts without an environment, and through a link', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(machine.ok(`env -i "${here}/bin/spillway" --version`).trim()).toBe(version)
    machine.ok(`ln -s "${here}/bin/spillway" /usr/local/bin/linked`)
    expect(machine.ok('env -i /usr/local/bin/linked --version').trim()).toBe(version)
  })

  it('is not led astray by what the environment says to another Node.js', () => {
    const script = `NODE_OPTIONS='--require=/none' NODE_PATH=/none PATH=/none`
    expect(machine.run(`${script} "${here}/bin/spillway" --version`).err).toBe('')
  })

  it('brings the files that its documents name', () => {
    const texts = readdirSync('docs').filter((name) => name.endsWith('.md'))
    const named = texts.flatMap((name) =>
      Array.from(
        readFileSync(join('docs', name), 'utf8').matchAll(/`((?:examples|deploy)\/[\w./-]+)/g),
        ([, path]) => path,
      ),
    )
    expect(named).toContain('examples/consume.mjs')
    expect(named.filter((path) => !existsSync(join(top, path)))).toEqual([])
  })

  it('decodes a log with workers', () => {
    const spillway = `"${here}/bin/spillway"`
    const { err } = machine.run(
      `${spillway} generate --events 2000 | ${spillway} decode --workers 2 --stats > /tmp/events`,
    )
    expect(JSON.parse(err)).toMatchObject({ events: 2000, rejected: 0 })
  })

  it('takes a stream the whole way, through the shim and the service', () => {
    const said = machine.ok(`"${here}/bin/spillway" demo`)
    expect(said).toMatch(/^lost +0$/m)
  })

  it('delivers to Kafka with no library but its own and those of C and C++', () => {
    writeFileSync(join(machine.root, 'tmp/produce.cjs'), PRODUCE)
    const said = machine.ok(`LD_BIND_NOW=1 "${here}/bin/node" /tmp/produce.cjs "${here}"`)
    expect(said).toMatch(/^delivered .*\bssl\b.*\bzstd\b/)
    const compiled = readdirSync(top, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.node$|\.so\.\d+$|^bin\/node$/.test(path))
      .map((path) => join(top, path))
    const linked = execFileSync('readelf', ['-d', ...compiled], { encoding: 'utf8' })
    const libraries = Array.from(linked.matchAll(/NEEDED.*\[(.*)\]/g), ([, name]) => name)
    expect(
      [...new Set(libraries)].filter(
        (name) =>
          !/^lib(?:c|m|dl|pthread|gcc_s|stdc\+\+|rdkafka(?:\+\+)?)\.so|^ld-linux/.test(name),
      ),
    ).toEqual([])
  })

  it('takes a configuration for Kafka with TLS', () => {
    const settings = {
      output: 'kafka',
      kafka: { compression: 'zstd', librdkafka: { 'security.protocol': 'ssl' } },
    }
    // JSON is YAML.
    writeFileSync(join(machine.root, 'tmp/kafka.yaml'), JSON.stringify(settings))
    machine.ok(`"${here}/bin/spillway" config check /tmp/kafka.yaml`)
  })

  it('installs itself, passes its self-test, and uninstalls itself', () => {
    machine.ok(`mkdir -p /etc/audit/plugins.d && "${here}/bin/spillway" install`)
    const selftest = '/opt/spillway/bin/spillway selftest --through-shim --timeout 60'
    expect(machine.ok(withService(selftest))).toMatch(/^arrived in /m)
    machine.ok(`"${here}/bin/spillway" uninstall`)
    expect(existsSync(join(machine.root, 'opt/spillway'))).toBe(false)
  })

  it('is installed over an older one: records stay, and what ran is started again', () => {
    // No systemd runs there: what it would be told is written down.
    machine.ok(`
      mkdir -p /run/systemd/system /usr/lib/systemd && touch /usr/lib/systemd/systemd
      printf '#!/bin/sh\\necho "$@" >> /tmp/told\\n' > /usr/bin/systemctl && chmod 755 /usr/bin/systemctl`)
    const install = (): string[] => {
      // --now fails at auditd alone, which is not there.
      machine.ok(`rm -f /tmp/told; "${here}/bin/spillway" install --now; touch /tmp/told`)
      return machine.ok('cat /tmp/told').trim().split('\n')
    }
    const services = 'spillway.service spillway-watch.service'
    expect(install()).toEqual(['daemon-reload', `enable --now ${services}`])
    machine.ok(`
      echo 'node: kept' > /etc/spillway/spillway.yaml
      echo kept > /var/spool/spillway/state/kept
      echo older >> /opt/spillway/lib/spillway.js
      chmod 640 /etc/spillway/spillway.yaml`)
    expect(install()).toEqual(['daemon-reload', `enable ${services}`, `restart ${services}`])
    expect(machine.ok('cat /etc/spillway/spillway.yaml /var/spool/spillway/state/kept')).toBe(
      'node: kept\nkept\n',
    )
    expect(machine.ok('tail -n 1 /opt/spillway/lib/spillway.js')).not.toBe('older\n')
    expect(install()).toEqual([`enable --now ${services}`])
    machine.ok('/opt/spillway/bin/spillway uninstall --purge')
    expect(machine.ok('cat /tmp/told')).toContain(`disable --now ${services}`)
    expect(
      machine.ok('ls -d /opt/spillway /var/spool/spillway /etc/spillway 2>/dev/null || :'),
    ).toBe('')
    machine.ok('rm -r /run/systemd /usr/lib/systemd/systemd /usr/bin/systemctl')
  })

  it('has the licence of all that is in it', () => {
    const list = readFileSync(join(top, 'licenses/INDEX'), 'utf8').trim().split('\n')
    const names = list.map((line) => line.split(' ')[0])
    const modules = readdirSync(join(top, 'node_modules'))
      .flatMap((name) =>
        name.startsWith('@')
          ? readdirSync(join(top, 'node_modules', name)).map((one) => `${name}/${one}`)
          : [name],
      )
      .filter((name) => existsSync(join(top, 'node_modules', name, 'package.json')))
    expect(modules.length).toBeGreaterThan(10)
    expect(names).toEqual(expect.arrayContaining([...modules, 'node', 'librdkafka']))
    const files = list.map((line) => line.split('\t')[2]).filter((file) => file.endsWith('.txt'))
    expect(files.filter((file) => !existsSync(join(top, 'licenses', file)))).toEqual([])
  })

  it('says nothing of who packed it, and is sorted', () => {
    const list = execFileSync('tar', ['--numeric-owner', '-tvzf', made('.tar.gz')], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    const entries = list.trim().split('\n')
    expect(entries.filter((line) => !/^\S+ 0\/0 /.test(line))).toEqual([])
    expect(new Set(entries.map((line) => /\d{4}-\d\d-\d\d \d\d:\d\d/.exec(line)?.[0])).size).toBe(1)
  })
})
