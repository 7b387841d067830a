/** A number of things in so many seconds as a rate, to a thousandth. */
export function perSecond(n: number, seconds: number): number {
  return rounded(n / seconds)
}

/** A number to a thousandth. */
export function rounded(n: number): number {
  return Math.round(n * 1000) / 1000
}
