import type { Chunk } from './chunks.ts'
import type { Header } from './client.ts'

/** One message that Kafka has not acknowledged. */
export interface Outgoing {
  topic: string
  value: Buffer
  key: Buffer | null
  /** Milliseconds since the epoch; 0 for the time of its sending. */
  timestamp: number
  headers: Header[] | undefined
  /** What names it in the headers of its parts; '' where it is too small to need any. */
  readonly id: string
  /** Where its first byte stands in the stream; epoch -1 for what stands nowhere. */
  readonly epoch: number
  readonly place: number
  /** Memory that its value lies in and that is given back once it is acknowledged. */
  readonly chunk: Chunk | null
  /** All of it is acknowledged. */
  delivered: boolean
  /** It is sent in a round of its own: it looks like one that was not taken. */
  alone: boolean
}
