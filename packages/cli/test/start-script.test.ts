import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const SCRIPT = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url))

t.test('npm start -- --help explains itself before anything is installed or built', async (t) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, '--help'], { encoding: 'utf8' })
  t.equal(status, 0)
  t.equal(stderr, '')
  t.match(stdout, /^Usage: npm start/)
  t.match(stdout, /--once/)
})
