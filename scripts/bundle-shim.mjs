// Bundles the shim to one file that needs nothing beside it: dist/spillway-shim.
// A name without an extension is a CommonJS or an ES module as the nearest package.json has it, so that
// the file is written to be either: it takes its built-ins from the process.
// auditd starts its plugins without an environment, so the shebang names the building Node by its path;
// an installer puts the path of the target machine in. Linux passes one argument from there.
import { chmodSync } from 'node:fs'
import { build } from 'esbuild'

// Another place may be given, as tests do.
const outfile = process.argv[2] ?? new URL('../dist/spillway-shim', import.meta.url).pathname

await build({
  entryPoints: [new URL('../src/shim/main.ts', import.meta.url).pathname],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20.15',
  format: 'cjs',
  banner: { js: `#!${process.execPath} --jitless\nvar require = process.getBuiltinModule` },
  logLevel: 'warning',
})
chmodSync(outfile, 0o750)
