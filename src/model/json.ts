const HIDDEN = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * JSON of a value in which no control character is left: JSON itself escapes those below U+0020, and
 * what is left of them would reach a terminal that shows it (DEL, C1), end a line (U+2028, U+2029), or
 * have a line read in another order than it is written (the bidirectional controls of UAX 9).
 */
export function jsonText(value: unknown): string {
  return escapeHidden(JSON.stringify(value))
}

/** A text of JSON with its control characters escaped. */
export function escapeHidden(json: string): string {
  return json.replace(
    HIDDEN,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
