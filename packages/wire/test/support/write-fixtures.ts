/** Writes test/fixtures anew: `npm run t -- packages/wire/test/support/write-fixtures.ts`. A changed file is a changed protocol. */
import { writeFileSync } from 'node:fs'
import { frameFixtures } from './frame-fixtures.ts'

for (const [name, frame] of frameFixtures())
  writeFileSync(new URL(`../fixtures/${name}`, import.meta.url), frame)
