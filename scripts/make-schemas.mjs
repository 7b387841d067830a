// Writes docs/schemas/*.json from the contracts in src/contracts. Run by `npm run schemas`, after a build.
import { mkdirSync, writeFileSync } from 'node:fs'
import { CONTRACTS, schemaText } from '../dist/src/contracts/schemas.js'

const directory = new URL('../docs/schemas/', import.meta.url)
mkdirSync(directory, { recursive: true })
for (const [name, contract] of Object.entries(CONTRACTS))
  writeFileSync(new URL(`${name}.json`, directory), schemaText(contract))
