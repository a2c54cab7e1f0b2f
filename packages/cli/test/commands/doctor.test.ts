import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import t from 'tap'
import { MODEL, runCommand } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()

t.test('what doctor says of this machine is true', async (t) => {
  const { code, stdout, stderr } = await runCommand(['doctor', '--model', MODEL, '--json'], { cache })
  t.equal(code, 0, stderr)
  t.equal(stderr, '')
  const facts = JSON.parse(stdout) as Readonly<Record<string, unknown>>
  t.match(facts, {
    platform: process.platform,
    architecture: process.arch,
    node_version: process.version,
    cores: { available: os.availableParallelism(), total: os.cpus().length },
    cache: { path: cache, is_writable: true },
    engine: { name: 'ONNX Runtime', version: /^\d+\.\d+/ },
    numeric_class: /^nc\d+-[0-9a-f]+$/,
    problems: [],
  })
  const {
    memory,
    speed,
    layer,
    busy_share: busy,
  } = facts as {
    memory: { total_bytes: number; available_bytes: number }
    speed: { decode_ms: number; prefill_ms: number }
    layer: {
      model: string
      packed_bytes: number
      decode_ms: number
      prefill_ms: number
      prefill_rows: number
    }
    busy_share: number
  }
  t.ok(memory.total_bytes <= os.totalmem())
  t.ok(memory.available_bytes > 0 && memory.available_bytes <= memory.total_bytes)
  t.ok(busy >= 0 && busy <= 1)
  t.ok(speed.decode_ms > 0 && speed.prefill_ms > 0)
  t.equal(layer.model, MODEL)
  t.ok(layer.decode_ms > 0 && layer.prefill_ms > 0 && layer.packed_bytes > 0)
  t.equal(layer.prefill_rows, 64)
})

t.test('a model that is not there is a problem, told with the rest', async (t) => {
  const { code, stdout, stderr } = await runCommand(['doctor', '--model', './no/such/model/'], { cache })
  t.equal(code, 1)
  t.match(stdout, /ONNX Runtime/)
  t.match(stdout, /a layer of the model: "\.\/no\/such\/model\/"/)
  t.match(stderr, /code: CLI_DOCTOR_FAILED/)
})

t.test('ports that are taken are reported', async (t) => {
  const { checkPort } = await import('../../src/doctor/check-port.ts')
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  t.same(await checkPort(port), { port, isFree: false })
  await new Promise((resolve) => {
    server.close(resolve)
  })
  t.same(await checkPort(port), { port, isFree: true })
})
