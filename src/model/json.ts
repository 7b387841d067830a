const CONTROLS = /[\u007f-\u009f\u2028\u2029]/g

/**
 * JSON of a value in which no control character is left: JSON itself escapes those below U+0020, and
 * what is left of them would reach a terminal that shows it (DEL, C1), or end a line (U+2028, U+2029).
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    CONTROLS,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
