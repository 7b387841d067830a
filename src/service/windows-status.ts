import type { KeyRates, NodeRates } from '../analyse/history.ts'
import { timeText } from '../model/alert.ts'
import type { NodeWindows, WindowStatus, WindowsStatus } from '../model/status.ts'

/** Nodes, and keys of a node, in the status file at most, so that it stays small. */
const MOST_NODES = 20
const MOST_KEYS = 20

/** The rates of the busiest nodes and keys over each window. */
export function windowsStatus(nodes: readonly NodeRates[]): NodeWindows[] {
  return nodes
    .toSorted((a, b) => busyness(b.rows[0]) - busyness(a.rows[0]))
    .slice(0, MOST_NODES)
    .map(({ node, until, rows: [total, ...keys] }) => ({
      node,
      until: timeText(until * 1000),
      total: windowsOf(total.windows),
      keys: keys
        .toSorted((a, b) => busyness(b) - busyness(a))
        .slice(0, MOST_KEYS)
        .map(({ key, windows }) => ({ key: key ?? '', ...windowsOf(windows) })),
    }))
}

function windowsOf([second, ten, minute, quarter]: readonly WindowStatus[]): WindowsStatus {
  return { '1s': second, '10s': ten, '1m': minute, '15m': quarter }
}

/** What comes first: entries in the last minute, and else in the last quarter of an hour. */
function busyness({ windows: [, , minute, quarter] }: KeyRates): number {
  return minute.entries_per_s + quarter.entries_per_s / 1e6
}
