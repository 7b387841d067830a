import { execFileSync, spawnSync } from 'node:child_process'
import { startBroker, whyNoBroker } from './broker.ts'

/**
 * One broker for a run of the tests, unless KAFKA_BROKERS names another: by scripts/broker.mjs or, where
 * that cannot run, by docker compose. It is there as KAFKA_BROKERS; where none can be, that stays unset, and
 * tests that need one are skipped.
 */
export default async function setup(): Promise<(() => void | Promise<void>) | undefined> {
  if (process.env['KAFKA_BROKERS']) return
  const reason = whyNoBroker()
  if (reason === null) {
    const { brokers, end } = await startBroker()
    process.env['KAFKA_BROKERS'] = brokers
    return end
  }
  console.warn(`Kafka tests that stop or set up a broker are left out: ${reason}`)
  if (spawnSync('docker', ['compose', 'ps']).status !== 0) {
    console.warn('Kafka tests are left out, all of test/kafka: no engine for docker compose either')
    return
  }
  compose('run', '--rm', 'topics')
  process.env['KAFKA_BROKERS'] = '127.0.0.1:9092'
  return () => compose('down', '--volumes')
}

function compose(...args: readonly string[]): void {
  execFileSync('docker', ['compose', ...args], { stdio: ['ignore', 'inherit', 'inherit'] })
}
