import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startServedCluster } from '../support/served-cluster.ts'

const script = fileURLToPath(new URL('../support/openai_client.py', import.meta.url))
const python = process.env['SHARDLINE_TEST_PYTHON'] ?? 'python3'
const isThere = spawnSync(python, ['-c', 'import openai']).status === 0
const skip = isThere ? false : `${python} has no package openai; name one that has in SHARDLINE_TEST_PYTHON`

t.test("OpenAI's Python client runs against the gateway", { skip }, async (t) => {
  await using served = await startServedCluster()
  const child = spawn(python, [script, `${served.gateway.address}/v1`])
  let output = ''
  let errors = ''
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (errors += String(text)))
  const code = await new Promise((resolve) => child.once('close', resolve))
  t.equal(code, 0, errors)
  const cases = output.trim().split('\n')
  t.ok(cases.length >= 17, `${cases.length} cases`)
  for (const line of cases) t.match(line, /^ok /)
})
