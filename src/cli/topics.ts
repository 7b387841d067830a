import type { Settings } from '../config/settings.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import type { KafkaOptions } from '../model/kafka.ts'

/** Stands for a topic of the configuration in place of a file. */
export const KAFKA = 'kafka'

/** The Kafka of a configuration whose topics are to be read. */
export function kafkaIn({ output }: Settings): KafkaOptions {
  if (output.kind === 'kafka') return output.kafka
  throw new Failure(ExitCode.Usage, 'kafka needs a configuration with output: kafka')
}
