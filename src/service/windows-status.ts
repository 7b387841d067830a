import type { Culprit, Culprits } from '../analyse/origins/culprits.ts'
import type { KeyOrigins } from '../analyse/rates/busiest.ts'
import type { NodeRates } from '../analyse/rates/recent.ts'
import { timeText } from '../model/alert.ts'
import type {
  KeyOriginsStatus,
  NodeWindows,
  OriginStatus,
  OriginsStatus,
  WindowStatus,
  WindowsStatus,
} from '../model/status.ts'

/** The rates of nodes and keys over each window. */
export function windowsStatus(nodes: readonly NodeRates[]): NodeWindows[] {
  return nodes.map(({ node, until, rows: [total, ...keys] }) => ({
    node,
    until: timeText(until * 1000),
    total: windowsOf(total.windows),
    keys: keys.map(({ key, windows }) => ({ key: key ?? '', ...windowsOf(windows) })),
  }))
}

function windowsOf([second, ten, minute, quarter]: readonly WindowStatus[]): WindowsStatus {
  return { '1s': second, '10s': ten, '1m': minute, '15m': quarter }
}

/** Who makes keys. */
export function originsStatus(origins: readonly KeyOrigins[]): KeyOriginsStatus[] {
  return origins.map(({ node, key, until, culprits }) => ({
    node,
    key,
    until: timeText(until * 1000),
    ...sharesOf(culprits),
  }))
}

/** Their shares; what is usual of them is told of floods alone. */
function sharesOf(culprits: Culprits): OriginsStatus {
  return {
    program: culprits.program.map(shareOf),
    user: culprits.user.map(shareOf),
    call: culprits.call.map(shareOf),
    path: culprits.path.map(shareOf),
    parent: culprits.parent.map(shareOf),
    together: culprits.together.map(({ program, user, call, path, share, error }) => ({
      program,
      user,
      call,
      path,
      share,
      error,
    })),
  }
}

function shareOf({ name, share, error }: Culprit): OriginStatus {
  return { name, share, error }
}
