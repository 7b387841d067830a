import type { RawMessage } from './client.ts'

/** Puts values together that came in parts (docs/contracts.md, Kafka). */
export class JoinedParts {
  readonly #waiting = new Map<string, Map<number, Buffer>>()

  /**
   * The whole value once its last part is there, else null. A message whose headers number no part, whoever wrote
   * it, is whole.
   */
  take({ value, headers }: Pick<RawMessage, 'value' | 'headers'>): Buffer | null {
    const pairs = (headers ?? []).flatMap((header) => Object.entries(header))
    const named = new Map(pairs.map(([name, text]) => [name, String(text)]))
    const [part, parts] = [Number(named.get('part')), Number(named.get('parts'))]
    const isPart = Number.isSafeInteger(part) && part >= 1 && part <= parts
    if (!isPart || value === null) return value
    const key = ['id', 'pos', 'parts'].map((name) => named.get(name)).join(' ')
    const found = this.#waiting.get(key) ?? new Map<number, Buffer>()
    this.#waiting.set(key, found.set(part, value))
    if (found.size < parts) return null
    this.#waiting.delete(key)
    return Buffer.concat([...found].toSorted(([a], [b]) => a - b).map(([, bytes]) => bytes))
  }
}
