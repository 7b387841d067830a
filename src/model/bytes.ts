/** Bytes that records and JSON are made of, by name. */

export const TAB = 0x09
/** Ends a record. */
export const LF = 0x0a
export const CR = 0x0d
/** Between a record and its interpretation in auditd's ENRICHED format (AUDIT_INTERP_SEPARATOR). */
export const ENRICHED = 0x1d
export const SPACE = 0x20
export const QUOTE = 0x22
export const HASH = 0x23
export const APOSTROPHE = 0x27
export const OPEN_PARENTHESIS = 0x28
export const CLOSE_PARENTHESIS = 0x29
export const COMMA = 0x2c
export const MINUS = 0x2d
export const DOT = 0x2e
export const SLASH = 0x2f
export const ZERO = 0x30
export const NINE = 0x39
export const COLON = 0x3a
export const EQUALS = 0x3d
export const OPEN_BRACKET = 0x5b
export const CLOSE_BRACKET = 0x5d
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d
