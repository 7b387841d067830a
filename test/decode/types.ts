import type { Event } from './decoded.ts'

/** Collects which JSON type each field of each record type has; null fits every type. */
export class Types {
  readonly #types = new Map<string, string>()

  /** Adds an event's fields; gives those that had another type before. */
  add(event: Event): string[] {
    const differ: string[] = []
    for (const [name, value] of Object.entries(event)) this.#member(plain(name), value, differ)
    return differ
  }

  #member(path: string, value: unknown, differ: string[]): void {
    if (value === null) return
    if (Array.isArray(value)) {
      this.#see(path, 'list', differ)
      for (const element of value) this.#member(`${path}[]`, element, differ)
    } else if (typeof value === 'object') {
      this.#see(path, 'object', differ)
      for (const [name, inner] of Object.entries(value))
        this.#member(`${path}.${plain(name)}`, inner, differ)
    } else this.#see(path, typeof value, differ)
  }

  #see(path: string, type: string, differ: string[]): void {
    const before = this.#types.get(path)
    if (before === undefined) this.#types.set(path, type)
    else if (before !== type) differ.push(`${path}: ${before}, then ${type}`)
  }
}

/** A name without the number that a second field of that name has. */
function plain(name: string): string {
  return name.replace(/#\d+(?=_raw$|_hex$|$)/, '')
}
