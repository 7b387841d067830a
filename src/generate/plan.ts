import { HOME_KEYS, KINDS } from './kinds.ts'
import { MALFORMED, ODD } from './odd.ts'
import type { GeneratorOptions } from './options.ts'
import type { Random } from './random.ts'
import type { Kind } from './records.ts'
import { compileEvent, compileMalformed, type EventTemplate } from './template.ts'

/** Which event comes next: kinds by weight, odd ones by share, keys by kind. */
export class Plan {
  /** The event that a flood is made of. */
  readonly flood: EventTemplate
  private readonly options: GeneratorOptions
  private readonly odd: readonly EventTemplate[]
  private readonly kinds: readonly (readonly EventTemplate[])[]
  /** Upper ends of the kinds' shares of all weight. */
  private readonly bounds: Float64Array

  constructor(options: GeneratorOptions) {
    this.options = options
    const weights = KINDS.map((kind) => weightOf(kind, options.mix))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    let sum = 0
    this.bounds = Float64Array.from(weights, (weight) => (sum += weight) / total)
    this.kinds = KINDS.map((kind) => compileKind(kind, options))
    this.flood = this.kinds[0][0]
    const odd = ODD.map((variant) => {
      const key = variant.some((record) => record.includes('{keys2}')) ? 0 : -1
      return compileEvent(variant, options, key, true)
    }).filter((template) => template !== null)
    const malformed = MALFORMED.map(({ line, blank }) => compileMalformed(line, blank))
    this.odd = options.framing === 'text' ? [...odd, ...malformed] : odd
  }

  /** An event of the ordinary mix, or an odd one. */
  draw(random: Random): EventTemplate {
    if (this.options.odd > 0 && random.share() < this.options.odd)
      return this.odd[random.below(this.odd.length)]
    const drawn = random.share()
    let kind = 0
    while (this.bounds[kind] <= drawn && kind < this.kinds.length - 1) kind++
    const variants = this.kinds[kind]
    return variants[random.below(variants.length)]
  }

  /**
   * Index of the key an event carries, -1 for none: that of its kind, or where there are more keys
   * than kinds have, in half of the events one of the others.
   */
  drawKey(random: Random, template: EventTemplate): number {
    const { keys } = this.options
    if (template.key < 0 || keys === 0) return -1
    if (template.twoKeys) return keys > 1 ? template.key : -1
    if (keys <= HOME_KEYS.length) return template.key % keys
    if (random.share() < 0.5) return template.key
    return HOME_KEYS.length + random.skewed(keys - HOME_KEYS.length)
  }
}

function weightOf(kind: Kind, mix: GeneratorOptions['mix']): number {
  return mix === null ? kind.weight : (mix[kind.name] ?? 0)
}

function compileKind(kind: Kind, options: GeneratorOptions): EventTemplate[] {
  return kind.variants.flatMap((variant) => compileEvent(variant, options, kind.key, false) ?? [])
}
