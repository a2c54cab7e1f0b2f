import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromUnknown, systemClock } from '@shardline/core'
import { parseDemoOptions } from './demo-options.ts'
import { demonstrateFailover } from './failover-demo.ts'

const HERE = fileURLToPath(import.meta.url)
/** Sources are in `bench/src/demo`, built files in `bench/dist/src/demo`. */
const ROOT_FOLDER = join(dirname(HERE), HERE.endsWith('.ts') ? '../../..' : '../../../..')

try {
  const isSame = await demonstrateFailover({
    options: parseDemoOptions(process.argv.slice(2)),
    rootFolder: ROOT_FOLDER,
    clock: systemClock,
    print: (text) => process.stdout.write(text),
    isColoured: process.stdout.isTTY,
  })
  if (!isSame) process.exitCode = 1
} catch (cause) {
  const { code, message } = fromUnknown(cause)
  process.stderr.write(`\n${message} [${code}]\nSee: npm run demo:failover -- --help\n`)
  process.exitCode = 1
}
