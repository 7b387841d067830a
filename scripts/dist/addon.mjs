// node-rdkafka, compiled for the Node.js that is shipped.
//
// librdkafka wants OpenSSL, zlib and zstd. Node.js has all three in it and lets add-ons see them, and
// what the program exports goes before what a library has: loaded into Node.js, librdkafka uses these
// wherever it was linked. So it is linked to none, and runs where the C library is new enough. SASL
// GSSAPI and OIDC would need libraries that distributions build under different names: they are left out.

import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { basename, join } from 'node:path'
import { madeOnce } from '../cache.mjs'
import { ARCH } from './release.mjs'
import { run } from './run.mjs'
import { NODE_VERSION, runtime } from './runtime.mjs'

/** What node-rdkafka needs around it to be built. */
const PACKAGES = ['node-rdkafka', 'nan', 'bindings', 'file-uri-to-path']
const CONFIGURE = ['--disable-gssapi', '--disable-curl', '--disable-lz4-ext']
/** Instead of what configure found: the rest is Node's. */
const LIBS = '-lm'

/**
 * A folder with what is compiled, placed as in the package: `build/Release`, `build/deps`; and librdkafka's
 * licences.
 *
 * @param modules a node_modules folder with the sources
 */
export function addon(modules) {
  const manifest = readFileSync(join(modules, 'node-rdkafka', 'package.json'), 'utf8')
  const version = JSON.parse(manifest).version.replace(/^v/, '')
  const recipe = createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .digest('hex')
  const name = `node-rdkafka-${version}-node-${NODE_VERSION}-${ARCH}-${recipe.slice(0, 8)}`
  return madeOnce(name, (making) => {
    console.error(`dist: node-rdkafka ${version} is compiled for Node.js ${NODE_VERSION}, once`)
    const work = join(making, 'work')
    for (const one of PACKAGES)
      cpSync(join(modules, one), join(work, 'node_modules', one), { recursive: true })
    const sources = join(work, 'node_modules', 'node-rdkafka')
    const library = join(sources, 'deps', 'librdkafka')
    compileLibrary(library)
    compileAddon(work, library)
    take(join(library, 'src/librdkafka.so.1'), join(making, 'build/deps'))
    take(join(library, 'src-cpp/librdkafka++.so.1'), join(making, 'build/deps'))
    take(join(sources, 'build/Release/node-librdkafka.node'), join(making, 'build/Release'))
    cpSync(join(library, 'LICENSES.txt'), join(making, 'LICENSES.txt'))
    rmSync(work, { recursive: true })
  })
}

function compileLibrary(sources) {
  run('./configure', CONFIGURE, { cwd: sources })
  run('make', [`-j${cpus().length}`, 'libs', `LIBS=${LIBS}`], { cwd: sources })
}

/** Links to a librdkafka that is there, as node-rdkafka calls it, and that lies in ../deps at run time. */
function compileAddon(work, library) {
  const parts = ['src', 'src-cpp'].map((name) => join(library, name))
  run('npm', ['rebuild', 'node-rdkafka', '--foreground-scripts'], {
    cwd: work,
    env: {
      // node-gyp builds for the Node.js that runs it.
      PATH: `${runtime()}/bin:${process.env.PATH}`,
      npm_config_nodedir: runtime(),
      BUILD_LIBRDKAFKA: '0',
      CXXFLAGS: parts.map((part) => `-I${part}`).join(' '),
      // Read by make and then by a shell.
      LDFLAGS: [...parts.map((part) => `-L${part}`), "-Wl,-rpath,'$$ORIGIN/../deps'"].join(' '),
    },
  })
}

/** Puts a compiled file into a folder, without what only debuggers read. */
function take(from, folder) {
  mkdirSync(folder, { recursive: true })
  run('strip', ['--strip-unneeded', '-o', join(folder, basename(from)), from])
}
