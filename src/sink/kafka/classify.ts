/** What is to be done about a message that Kafka did not take. */
export const Verdict = {
  /** Send it again in a moment. */
  Retry: 0,
  /** Nothing gets through until somebody mends it: tell, and keep trying. */
  Refused: 1,
  /** The batch or message is larger than the broker or topic takes: send smaller ones. */
  TooLarge: 2,
  /** The broker looked at this very message and will never take it. */
  Invalid: 3,
  /** The producer is of no more use: another one sends again what is not acknowledged. */
  Fatal: 4,
} as const
export type Verdict = (typeof Verdict)[keyof typeof Verdict]

const RULES: readonly (readonly [RegExp, Verdict])[] = [
  // Another message of its batch was the one: this one is good.
  [/in the same batch/i, Verdict.Retry],
  [/authorization failed|authentication|not authorized|sasl/i, Verdict.Refused],
  [
    /unknown (?:topic|partition)|topic does not exist|invalid topic|policy violation/i,
    Verdict.Refused,
  ],
  [/too large|larger than configured server/i, Verdict.TooLarge],
  [/failed to validate record|invalid timestamp/i, Verdict.Invalid],
  [/fatal/i, Verdict.Fatal],
]

/**
 * What the text of an error calls for. The text is all there is: the addon gives reports and error
 * events the code -1 whatever happened. An unknown topic is not poison, since a broker that restarts
 * says the same of a topic that exists.
 */
export function classify(text: string): Verdict {
  return RULES.find(([pattern]) => pattern.test(text))?.[1] ?? Verdict.Retry
}
