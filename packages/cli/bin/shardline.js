#!/usr/bin/env node
// npm links a command only if its file is there when it installs; what is built comes later.
import { existsSync } from 'node:fs'

const entry = new URL('../dist/src/main.js', import.meta.url)
if (!existsSync(entry)) {
  process.stderr.write(
    'error: shardline is not built yet\n   do: run `npm run build`, or `npm start`, which does it too\n',
  )
  process.exit(1)
}
await import(entry.href)
