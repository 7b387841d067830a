// A real single-node Apache Kafka (KRaft) on the loopback interface, for tests and for trying things
// out where there is no docker. It needs Java 17, Maven the first time, and `npm ci` for node-rdkafka.
//
//   node scripts/broker.mjs start [--dir D] [--port P] [--tls] [--acl] [--proxy P]
//   node scripts/broker.mjs fetch|check|stop|reset [--dir D]
//   node scripts/broker.mjs allow|deny TOPIC [--read] [--dir D]
//
// fetch        gets the jars, or says what is missing, and exits with 1
// start        prints `KAFKA_BROKERS=127.0.0.1:PORT` when the broker answers and has its topics;
//              again on one that runs; after `stop` with the port and the messages it had
// check        prints the same line, or exits with 1
// reset        stops it and forgets all it holds
// allow, deny  with --acl: whether the user `spillway` may write a topic. At first it may write all. With
//              --read: whether it may read it. At first it may read none.
//
// --proxy P is for clients that are to reach it by a proxy on the loopback port P: it listens, without TLS or
// logging in, on the port `proxied` of D/broker.json as well, and tells who connects there to come by P.
//
// --tls asks clients for a certificate. --acl makes them log in (SASL PLAIN, SCRAM-SHA-512, or OAUTHBEARER with a
// token that need not be signed) and turns on the authorizer.
// The librdkafka settings of that user are in D/client.json, those of one who may do everything in
// D/admin.json; the broker's log is D/kafka.log.

import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { acl, answers, loadClient, makeTopics } from './broker/admin.mjs'
import { jars } from './broker/jars.mjs'
import { launch, lock, pidOf, terminate } from './broker/process.mjs'
import { forget, formatOptions, makeSetup, readSetup } from './broker/setup.mjs'
import { cache } from './cache.mjs'

const START_MS = 120_000

const COMMANDS = {
  fetch,
  start,
  check,
  stop: terminate,
  reset: async (dir) => {
    await terminate(dir)
    forget(dir)
  },
  allow: (dir, { topic, read }) => acl(dir, '--add', [topic], read),
  deny: (dir, { topic, read }) => acl(dir, '--remove', [topic], read),
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dir: { type: 'string', default: join(cache(), 'broker') },
      port: { type: 'string' },
      tls: { type: 'boolean' },
      acl: { type: 'boolean' },
      proxy: { type: 'string' },
      read: { type: 'boolean', default: false },
    },
  })
  const [name, topic] = positionals
  const takesTopic = name === 'allow' || name === 'deny'
  if (!Object.hasOwn(COMMANDS, name ?? '') || positionals.length !== (takesTopic ? 2 : 1))
    throw new Error(
      'usage: broker.mjs fetch|start|check|stop|reset|allow TOPIC|deny TOPIC [--dir D]',
    )
  const dir = resolve(values.dir)
  mkdirSync(dir, { recursive: true })
  const unlock = await lock(dir)
  try {
    await COMMANDS[name](dir, { ...values, topic })
  } finally {
    unlock()
  }
} catch (error) {
  console.error(`broker: ${error.message}`)
  process.exitCode = 1
}

function fetch() {
  loadClient()
  jars()
}

async function start(dir, { port, tls, acl: logIn, proxy }) {
  const folder = jars()
  const setup =
    readSetup(dir) ??
    (await makeSetup(dir, { port: Number(port ?? 0), tls, acl: logIn, proxy: Number(proxy ?? 0) }))
  if (
    (tls && !setup.tls) ||
    (logIn && !setup.acl) ||
    (proxy !== undefined && Number(proxy) !== setup.proxy) ||
    (port !== undefined && Number(port) !== setup.port)
  )
    throw new Error(`${dir} was set up with other options; reset it first`)
  const pid = pidOf(dir) ?? launch(dir, folder, formatOptions(setup))
  const deadline = Date.now() + START_MS
  while (!(await answers(dir))) {
    if (pidOf(dir) !== pid) throw new Error(`it ended; see ${join(dir, 'kafka.log')}`)
    if (Date.now() > deadline) throw new Error(`it does not answer; see ${join(dir, 'kafka.log')}`)
  }
  const made = await makeTopics(dir)
  if (setup.acl && made.length > 0) acl(dir, '--add', made, false)
  console.log(`KAFKA_BROKERS=127.0.0.1:${setup.port}`)
}

async function check(dir) {
  if (pidOf(dir) === null || !(await answers(dir))) throw new Error(`no broker answers in ${dir}`)
  console.log(`KAFKA_BROKERS=127.0.0.1:${readSetup(dir).port}`)
}
