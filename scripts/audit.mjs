// What is known against the packages that are shipped: `npm audit`, where the registry answers that.
//
//   node scripts/audit.mjs
//
// It ends with 1 when there is something, and with 0 when there is nothing, or, which is said loudly, when the
// registry does not tell: mirrors often serve packages alone.

import { spawnSync } from 'node:child_process'

const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' })
if (error) throw error

const report = parse(stdout)
const found = report?.metadata?.vulnerabilities
if (found === undefined) {
  const why = report?.message ?? report?.error?.summary ?? 'no answer'
  console.error(`npm audit is SKIPPED, nobody has looked at advisories: ${why}`)
} else {
  const { total } = found
  console.log(`npm audit: ${total} advisories for packages that are shipped`)
  for (const { name, severity, range, via } of Object.values(report.vulnerabilities ?? {}))
    console.log(`  ${severity} ${name} ${range} ${via.map(({ title }) => title ?? '').join(', ')}`)
  if (total > 0) process.exitCode = 1
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
