import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** What a file of events in LAUREL's layout holds. Several EXECVE records of an event count as one. */
export interface Held {
  readonly events: number
  readonly records: number
}

/** Members of an event that are no record types. */
const OTHERS = new Set(['ID', 'NODE', 'EVENT'])

/** Reads events, one JSON object a line; throws where a line is none. */
export async function readEvents(path: string): Promise<Held> {
  let events = 0
  let records = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const event = JSON.parse(line) as Readonly<Record<string, unknown>>
    events++
    for (const [name, value] of Object.entries(event))
      if (!OTHERS.has(name)) records += Array.isArray(value) ? value.length : 1
  }
  return { events, records }
}

/** EXECVE records that go on with the arguments of the one before them, in a file of records. */
export async function continuations(path: string): Promise<number> {
  let count = 0
  for await (const line of createInterface({ input: createReadStream(path) }))
    if (line.startsWith('type=EXECVE ') && !line.includes(': argc=')) count++
  return count
}
