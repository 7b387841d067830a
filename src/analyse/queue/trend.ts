/** A value that was seen at a time, in ms. */
export interface Point {
  readonly at: number
  readonly value: number
}

/** How a value moves, from its last point on: per second, and per second and second. */
export interface Trend {
  readonly level: number
  readonly slope: number
  /** By how much the slope itself grows a second; 0 for a line. */
  readonly bend: number
  /** Seconds for which it was seen: of a line with a corner those behind it. */
  readonly seen: number
}

/** What some points may follow. */
export interface Trends {
  /** The simplest that explains them, and all that explain them about as well. */
  readonly best: Trend
  readonly all: readonly Trend[]
  /** By how much the points stray from the best in a second, root of the mean square. */
  readonly stray: number
}

/** Points that a trend needs. */
const LEAST_POINTS = 10
/** Parts of the time of the points at which a line may have its corner, and seconds that it needs behind that. */
const CORNERS = [1, 2, 3, 4, 5, 6, 7].map((n) => n / 8)
const LEAST_S = 1
/**
 * Entries that a point may be off by itself: a tenth of a second counts as even, and events come in whole. What is
 * nearer to a trend than that says nothing for it.
 */
const COARSE = 8
/** Part of a line's squares that a bent trend may leave: with one number more it is always nearer. */
const BETTER = 0.5
/** Distances from the points, as so many times that of the best, at which a trend may be meant as well. */
const AS_WELL = 2

/** Seconds between two points that are held against each other for how far they stray. */
const STRAY_S = 1

interface Fit extends Trend {
  /** Mean square of the distances from the points. */
  readonly square: number
  /** The distances of all points, in their order. */
  readonly off: readonly number[]
}

/**
 * What the points follow: a line where one explains them; else a parabola, for growth that itself grows evenly, or a
 * line with a corner, for growth that became another at once, whichever is nearer. Null for too few points.
 */
export function trendsOf(points: readonly Point[]): Trends | null {
  const last = points.at(-1)
  if (last === undefined || points.length < LEAST_POINTS) return null
  const xs = points.map(({ at }) => (at - last.at) / 1000)
  const ys = points.map(({ value }) => value)
  const line = fit(xs, ys)
  if (line === null) return null
  const bent = [fit(xs, ys, (x) => x * x), ...cornered(xs, ys)]
    .filter((one) => one !== null)
    .toSorted((a, b) => a.square - b.square)
  const [nearest] = bent
  const best = nearest !== undefined && nearest.square < BETTER * line.square ? nearest : line
  const all = [line, ...bent].filter(({ square }) => square <= AS_WELL ** 2 * best.square)
  return { best, all, stray: strayOf(xs, best.off) }
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

/** The lines with a corner, of which only the part behind that goes on. */
function cornered(xs: readonly number[], ys: readonly number[]): (Fit | null)[] {
  return CORNERS.map((part) => xs[0] * part)
    .filter((corner) => -corner >= LEAST_S)
    .map((corner) => {
      const found = fit(xs, ys, (x) => Math.max(0, x - corner))
      if (found === null) return null
      // `bend` is twice what the corner adds to the slope.
      const more = found.bend / 2
      return {
        ...found,
        level: found.level - more * corner,
        slope: found.slope + more,
        bend: 0,
        seen: -corner,
      }
    })
}

/** Least squares of a line, with a multiple of `more` where there is such, as Gauss solved them; null for no one solution. */
function fit(
  xs: readonly number[],
  ys: readonly number[],
  more: ((x: number) => number) | null = null,
): Fit | null {
  const columns = [xs.map(() => 1), xs, ...(more === null ? [] : [xs.map(more)])]
  const rows = columns.map((one) => [
    ...columns.map((other) => product(one, other)),
    product(one, ys),
  ])
  for (let i = 0; i < rows.length; i++) {
    const pivot = rows[i][i]
    if (Math.abs(pivot) < 1e-9) return null
    rows[i] = rows[i].map((value) => value / pivot)
    for (let k = 0; k < rows.length; k++) {
      const factor = rows[k][i]
      if (k !== i) rows[k] = rows[k].map((value, j) => value - factor * rows[i][j])
    }
  }
  const [level, slope, factor = 0] = rows.map((row) => row[columns.length])
  const off = ys.map((y, i) => y - level - slope * xs[i] - factor * (columns[2]?.[i] ?? 0))
  const square = product(off, off) / off.length + COARSE ** 2
  return { level, slope, bend: 2 * factor, seen: -xs[0], square, off }
}

/** Root of the mean square by which distances become others in a second. */
function strayOf(xs: readonly number[], off: readonly number[]): number {
  let squares = 0
  let seconds = 0
  let from = 0
  for (const [i, x] of xs.entries()) {
    while (x - xs[from + 1] >= STRAY_S) from++
    if (x - xs[from] < STRAY_S) continue
    squares += (off[i] - off[from]) ** 2
    seconds += x - xs[from]
  }
  return seconds === 0 ? 0 : Math.sqrt(squares / seconds)
}

function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0)
}
