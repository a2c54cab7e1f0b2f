import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import type { Message } from '../src/index.ts'
import { CATALOGUE, decodeFrame, MESSAGE_KINDS } from '../src/index.ts'
import { frameFixtures, readPlainFrame } from './support/frame-fixtures.ts'
import { SAMPLES } from './support/sample-messages.ts'

const folder = new URL('./fixtures/', import.meta.url)
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)))

/** The header fields of a message: what a reader without this package sees. */
function headerFields(message: Message): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...message }
  delete fields['kind']
  delete fields['payload']
  return fields
}

t.test('the fixtures are those that the writers write today', async (t) => {
  const fixtures = frameFixtures()
  t.strictSame(readdirSync(folder).toSorted(), [...fixtures.keys()].toSorted())
  for (const [name, frame] of fixtures) t.ok(Buffer.from(frame).equals(Buffer.from(read(name))), name)
})

for (const kind of MESSAGE_KINDS) {
  t.test(`a frame of ${kind} written by msgpackr reads the same with @msgpack/msgpack`, async (t) => {
    const { id, header, payload } = readPlainFrame(read(`${kind}.msgpackr.bin`))
    const sample: Message = SAMPLES[kind]
    t.equal(id, CATALOGUE[kind].id)
    t.strictSame(header, headerFields(sample))
    const tensor = 'payload' in sample ? sample.payload : new Float32Array(0)
    t.strictSame(Buffer.from(payload), Buffer.from(tensor.buffer, tensor.byteOffset, tensor.byteLength))
  })

  t.test(`a frame of ${kind} written by @msgpack/msgpack reads the same with msgpackr`, async (t) => {
    t.strictSame(decodeFrame(read(`${kind}.msgpack.bin`)), SAMPLES[kind])
  })
}
