// Writes the manual pages: manual.mjs COMPILED FOLDER, COMPILED being what `npm run build` makes.
import { resolve } from 'node:path'
import { writeManual } from './dist/manual.mjs'

const [compiled, folder] = process.argv.slice(2)
await writeManual(resolve(compiled), resolve(folder))
