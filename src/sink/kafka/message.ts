import type { Chunk } from './chunks.ts'
import type { Header } from './client.ts'

/** What `Outgoing.open` is of a message that is not under way. */
export const WAITING = -1

/** Whoever wants to know what became of a message. */
export interface Sender {
  /** A part of the message was acknowledged (null), or was not, and why. */
  report(message: Outgoing, error: string | null): void
}

/** One message that Kafka has not acknowledged. */
export interface Outgoing {
  readonly sender: Sender
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
  /** Parts without a report; 0 when it is acknowledged, WAITING before it is sent. */
  open: number
  /** A part of it was not taken. */
  failed: boolean
}

/** Whether all of a message is acknowledged. */
export function isDelivered({ open, failed }: Outgoing): boolean {
  return open === 0 && !failed
}
