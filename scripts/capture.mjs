// Makes the captures under test/captures again, from the kernel of this machine:
//
//   node scripts/capture.mjs          (root, auditd, x86_64, no audit rules of its own)
//
// Each capture is one run of test/kernel/load.pl under one private auditd, kept three ways: NAME.log
// is auditd's own log, NAME.string.gz and NAME.binary.gz what its plugins got of the same events
// (with EOE records; auditd pads binary records to 8,970 bytes with what was left in its memory).

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const { withAuditd } = await harness('auditd')
const { mixedRules, unavailable } = await harness('kernel')
const TARGET = fileURLToPath(new URL('../test/captures/', import.meta.url))

const CAPTURES = [
  { name: 'raw', logFormat: 'RAW', processes: 2 },
  { name: 'enriched', logFormat: 'ENRICHED', processes: 2 },
  { name: 'enriched-node', logFormat: 'ENRICHED', node: 'node-a', processes: 1 },
]

const reason = unavailable()
if (reason) {
  console.error(`capture: ${reason}`)
  process.exit(1)
}
mkdirSync(TARGET, { recursive: true })
for (const { name, processes, ...setup } of CAPTURES) {
  const plugins = [
    { name: 'string', format: 'string' },
    { name: 'binary', format: 'binary' },
  ]
  await withAuditd({ ...setup, plugins, dir: '/tmp/spillway-capture' }, async (auditd) => {
    mixedRules(auditd)
    await auditd.load('mixed', processes)
    await auditd.load('users')
    await auditd.settle()
    writeFileSync(join(TARGET, `${name}.log`), neutral(auditd.log))
    for (const plugin of plugins)
      writeFileSync(
        join(TARGET, `${name}.${plugin.name}.gz`),
        gzipSync(neutral(auditd.recorded(plugin.name)), { level: 9 }),
      )
  })
}

/** A file's bytes with the kernel's local version taken out, at the same length. */
function neutral(path) {
  const version = release()
  const plain = version.replace(/-.*/, '').padEnd(version.length, '-test')
  return Buffer.from(readFileSync(path, 'latin1').replaceAll(version, plain), 'latin1')
}

/** The harness is TypeScript, which the oldest supported Node does not run itself. */
async function harness(name) {
  const source = new URL(`../test/kernel/${name}.ts`, import.meta.url)
  const outfile = join(mkdtempSync(join(tmpdir(), 'spillway-')), `${name}.mjs`)
  await build({
    entryPoints: [fileURLToPath(source)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    define: { 'import.meta.url': JSON.stringify(source.href) },
  })
  const module = await import(outfile)
  rmSync(dirname(outfile), { recursive: true })
  return module
}
