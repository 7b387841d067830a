/** Text out of records on one line: control characters, and what turns or ends a line, become `?`. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '?')
}
