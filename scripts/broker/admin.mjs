// What is asked of a broker that runs: whether it answers, topics, and who may write them.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { jars } from './jars.mjs'
import { run } from './process.mjs'
import { readSetup, USER } from './setup.mjs'

/** The topics that Spillway writes, and their partitions. */
export const TOPICS = {
  'audit.events': 3,
  'audit.raw': 3,
  'audit.rates': 1,
  'audit.alerts': 1,
  'audit.rejects': 1,
}

const ANSWER_MS = 2_000
const PAUSE_MS = 200
const TOPIC_MS = 30_000

/** Whether the broker answers its administrator, after at most about two seconds. */
export async function answers(dir) {
  const { Producer } = loadClient()
  const client = new Producer({ ...settings(dir), log_level: 0 })
  const connect = promisify(client.connect.bind(client))
  try {
    await connect({ timeout: ANSWER_MS })
    await promisify(client.disconnect.bind(client))(ANSWER_MS)
    return true
  } catch {
    await sleep(PAUSE_MS)
    return false
  }
}

/** Makes the topics that are missing; gives their names. */
export async function makeTopics(dir) {
  const { AdminClient, CODES } = loadClient()
  const client = AdminClient.create(settings(dir))
  const createTopic = promisify(client.createTopic.bind(client))
  const made = []
  try {
    for (const [topic, num_partitions] of Object.entries(TOPICS)) {
      try {
        await createTopic({ topic, num_partitions, replication_factor: 1 }, TOPIC_MS)
        made.push(topic)
      } catch (error) {
        if (error.code !== CODES.ERRORS.ERR_TOPIC_ALREADY_EXISTS) throw error
      }
    }
  } finally {
    client.disconnect()
  }
  return made
}

/** Lets the user write topics, or read them, (`--add`) or no longer (`--remove`). */
export function acl(dir, change, topics, read) {
  if (!readSetup(dir)?.acl) throw new Error(`no broker with --acl was set up in ${dir}`)
  const server = ['--bootstrap-server', settings(dir)['bootstrap.servers']]
  const login = ['--command-config', join(dir, 'admin.properties')]
  const may = read ? ['--operation', 'Read', '--operation', 'Describe'] : ['--producer']
  const who = ['--allow-principal', `User:${USER}`, ...may]
  const what = topics.flatMap((topic) => ['--topic', topic])
  const sure = change === '--remove' ? ['--force'] : []
  const tool = 'org.apache.kafka.tools.AclCommand'
  return run(jars(), tool, [...server, ...login, change, ...who, ...what, ...sure])
}

const settings = (dir) => JSON.parse(readFileSync(join(dir, 'admin.json'), 'utf8'))

/** node-rdkafka, which is an optional dependency; throws where it was not built. */
export function loadClient() {
  try {
    return createRequire(import.meta.url)('node-rdkafka')
  } catch (error) {
    throw new Error('node-rdkafka cannot be loaded; npm ci builds it', { cause: error })
  }
}
