// The files that a broker and its clients are set up with, all below one directory.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** The user of client.json where clients log in; its password is its name. */
export const USER = 'spillway'
const ADMIN = 'admin'

/** Below the ports that Linux gives to outgoing connections, so that a stopped broker finds its own free. */
const FIRST_PORT = 20_000
const PORTS = 10_000

/** Package of Kafka's modules for logging in. */
const SECURITY = 'org.apache.kafka.common.security'

const OURS = [
  'admin.json',
  'admin.properties',
  'broker.json',
  'client.json',
  'data',
  'kafka.log',
  'pid',
  'server.properties',
  'tls',
]

/** What this directory was set up for, or null: `{port, tls, acl, proxy, proxied}`. */
export function readSetup(dir) {
  try {
    return JSON.parse(readFileSync(join(dir, 'broker.json'), 'utf8'))
  } catch {
    return null
  }
}

/** Options with which a new broker's directory is formatted: users of SCRAM are kept in there. */
export function formatOptions({ acl }) {
  const users = acl ? [ADMIN, USER] : []
  return users.flatMap((user) => ['--add-scram', `SCRAM-SHA-512=[name=${user},password=${user}]`])
}

/** Removes what a setup and its broker made. */
export function forget(dir) {
  for (const name of OURS) rmSync(join(dir, name), { recursive: true, force: true })
}

/**
 * Writes all the files; broker.json, which says that they are whole, comes last. Port 0 is any; without a
 * `proxy` nothing is `proxied`.
 */
export async function makeSetup(dir, { port, tls = false, acl = false, proxy = 0 }) {
  forget(dir)
  const proxied = proxy === 0 ? 0 : await freePort()
  const setup = { port: port || (await freePort()), tls, acl, proxy, proxied }
  if (tls) makeCertificates(join(dir, 'tls'))
  const files = {
    'server.properties': lines(serverProperties(dir, setup, await freePort())),
    'admin.properties': lines(adminProperties(dir, setup)),
    'admin.json': clientSettings(dir, setup, ADMIN),
    'client.json': clientSettings(dir, setup, USER),
    'broker.json': setup,
  }
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`
    writeFileSync(join(dir, name), text)
  }
  return setup
}

const lines = (properties) =>
  Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')

const protocol = ({ tls, acl }) => `${acl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`

function serverProperties(dir, setup, controllerPort) {
  const own = (name, port) => `${name}://127.0.0.1:${port}`
  const clients = own('CLIENTS', setup.port)
  const [listens, tells] = setup.proxied
    ? [[own('PROXIED', setup.proxied)], [own('PROXIED', setup.proxy)]]
    : [[], []]
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: [clients, own('CONTROLLER', controllerPort), ...listens].join(),
    'advertised.listeners': [clients, ...tells].join(),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENTS',
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT,CLIENTS:${protocol(setup)}`,
    'log.dirs': join(dir, 'data'),
    'auto.create.topics.enable': false,
    // Events carry their own times, which may be years ago.
    'log.retention.ms': -1,
    // One node, one copy.
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    ...(setup.tls && {
      'listener.name.clients.ssl.client.auth': 'required',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(dir, 'tls', 'server.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': join(dir, 'tls', 'ca.pem'),
    }),
    ...(setup.acl && {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // The controller's listener, which is the broker's alone, asks for no name.
      'super.users': `User:${ADMIN};User:ANONYMOUS`,
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512,OAUTHBEARER',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'listener.name.clients.plain.sasl.jaas.config': logIn(
        ADMIN,
        ...[ADMIN, USER].map((user) => `user_${user}="${user}"`),
      ),
      'listener.name.clients.scram-sha-512.sasl.jaas.config': `${SECURITY}.scram.ScramLoginModule required;`,
      // Tokens that nobody signed are taken at their word.
      'listener.name.clients.oauthbearer.sasl.jaas.config': `${SECURITY}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="${ADMIN}";`,
    }),
  }
}

/** For Kafka's own tools. */
function adminProperties(dir, setup) {
  return {
    'security.protocol': protocol(setup),
    ...(setup.tls && {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(dir, 'tls', 'client.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': join(dir, 'tls', 'ca.pem'),
    }),
    ...(setup.acl && { 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': logIn(ADMIN) }),
  }
}

const logIn = (user, ...more) =>
  [
    `${SECURITY}.plain.PlainLoginModule required`,
    `username="${user}" password="${user}"`,
    ...more,
  ].join(' ') + ';'

/** For librdkafka. */
function clientSettings(dir, setup, user) {
  return {
    'bootstrap.servers': `127.0.0.1:${setup.port}`,
    'security.protocol': protocol(setup).toLowerCase(),
    ...(setup.tls && {
      'ssl.ca.location': join(dir, 'tls', 'ca.pem'),
      'ssl.certificate.location': join(dir, 'tls', 'client.pem'),
      'ssl.key.location': join(dir, 'tls', 'client.pem'),
    }),
    ...(setup.acl && { 'sasl.mechanisms': 'PLAIN', 'sasl.username': user, 'sasl.password': user }),
  }
}

/** A CA, and a key with a certificate of it in one file each for the broker and its clients. */
function makeCertificates(dir) {
  mkdirSync(dir)
  const openssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650']
  openssl('req', '-x509', ...key, '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.pem')
  for (const name of ['server', 'client']) {
    const names = name === 'server' ? ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'] : []
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-keyout', `${name}.key`]
    openssl(
      'req',
      '-x509',
      ...key,
      ...signed,
      ...names,
      '-subj',
      `/CN=${USER}`,
      '-out',
      `${name}.crt`,
    )
    const both = ['key', 'crt'].map((part) => readFileSync(join(dir, `${name}.${part}`), 'utf8'))
    writeFileSync(join(dir, `${name}.pem`), both.join(''), { mode: 0o600 })
  }
}

/** A port of the loopback interface on which nobody listens. */
async function freePort() {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    if (await isFree(port)) return port
  }
}

function isFree(port) {
  return new Promise((told) => {
    const server = createServer()
    server.once('error', () => told(false))
    server.listen(port, '127.0.0.1', () => server.close(() => told(true)))
  })
}
