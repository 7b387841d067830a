/** A value that was seen at a time, in ms. */
export interface Point {
  readonly at: number
  readonly value: number
}

/** How a value moves, from its last point on: per second, and per second and second. */
export interface Trend {
  readonly at: number
  readonly level: number
  readonly slope: number
  /** By how much the slope itself grows a second; 0 where the points do not say that it does. */
  readonly bend: number
}

/** Points that a trend needs. */
const LEAST_POINTS = 10
/** Milliseconds of the last points that the line goes through: where growth changes it is of now. */
const LINE_MS = 2000
/** Standard errors by which a bend must differ from none. */
const CERTAIN = 3

/** The line through the last points by least squares, and the parabola through all where that bends; null for too few. */
export function trendOf(points: readonly Point[]): { line: Trend; best: Trend } | null {
  const last = points.at(-1)
  if (last === undefined || points.length < LEAST_POINTS) return null
  const xs = points.map(({ at }) => (at - last.at) / 1000)
  const ys = points.map(({ value }) => value)
  const from = xs.findIndex((x) => x >= -LINE_MS / 1000)
  const straight = solve(xs.slice(from), ys.slice(from), 2)
  const curved = solve(xs, ys, 3)
  if (straight === null) return null
  const trend = ([level, slope, square = 0]: readonly number[]): Trend => ({
    at: last.at,
    level,
    slope,
    bend: 2 * square,
  })
  const line = trend(straight.factors)
  const bends = curved !== null && Math.abs(curved.factors[2]) > CERTAIN * curved.error
  return { line, best: bends ? trend(curved.factors) : line }
}

/** Seconds after its last point in which a trend reaches a value; null where it never does. */
export function secondsTo({ level, slope, bend }: Trend, value: number): number | null {
  const missing = value - level
  if (missing <= 0) return 0
  if (bend === 0) return slope > 0 ? missing / slope : null
  const root = slope * slope + 2 * bend * missing
  if (root < 0) return null
  const seconds = (Math.sqrt(root) - slope) / bend
  return seconds > 0 ? seconds : null
}

interface Solution {
  /** Of 1, x and x². */
  readonly factors: readonly number[]
  /** Standard error of the last. */
  readonly error: number
}

/** Least squares by the normal equations, as Gauss solved them; null where they have no one solution. */
function solve(xs: readonly number[], ys: readonly number[], n: number): Solution | null {
  const power = (k: number): number => sum(xs.map((x) => x ** k))
  const rows = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_unused, j) => power(i + j)),
    sum(xs.map((x, at) => x ** i * ys[at])),
    // The last column becomes that of the inverse, for the error of the last factor.
    i === n - 1 ? 1 : 0,
  ])
  for (let i = 0; i < n; i++) {
    const pivot = rows[i][i]
    if (Math.abs(pivot) < 1e-9) return null
    rows[i] = rows[i].map((value) => value / pivot)
    for (let k = 0; k < n; k++) {
      const factor = rows[k][i]
      if (k !== i) rows[k] = rows[k].map((value, j) => value - factor * rows[i][j])
    }
  }
  const factors = rows.map((row) => row[n])
  const residues = xs.map((x, at) => ys[at] - sum(factors.map((factor, i) => factor * x ** i)))
  const variance = sum(residues.map((residue) => residue * residue)) / Math.max(1, xs.length - n)
  return { factors, error: Math.sqrt(variance * Math.max(0, rows[n - 1][n + 1])) }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
