import t from 'tap'
import { readSafetensors } from '../../src/safetensors/read-safetensors.ts'
import { readSafetensorsFiles } from '../../src/safetensors/read-safetensors-files.ts'
import { MemoryFiles } from '../support/memory-files.ts'
import { MemorySource } from '../support/memory-source.ts'
import { encodeSafetensors, withHeader } from '../support/safetensors-writer.ts'

const tensor = (name: string, count: number): Parameters<typeof encodeSafetensors>[0][number] => ({
  name,
  dtype: 'F16',
  shape: [count],
  bytes: new Uint8Array(count * 2),
})

t.test('reads names, types, shapes and places', async (t) => {
  const file = encodeSafetensors([tensor('a', 3), { ...tensor('b', 6), shape: [2, 3] }])
  const { tensors, unsupported } = await readSafetensors(new MemorySource(file))
  t.strictSame([...tensors.keys()], ['a', 'b'])
  t.equal(unsupported.size, 0)
  const { dtype, shape, offset, byteLength } = tensors.get('b')!
  t.strictSame(
    { dtype, shape, offset, byteLength },
    { dtype: 'F16', shape: [2, 3], offset: file.length - 12, byteLength: 12 },
  )
})

t.test('names the type of a tensor that it cannot read and goes on', async (t) => {
  const file = encodeSafetensors([{ ...tensor('a', 3), dtype: 'F8_E4M3' }, tensor('b', 3)])
  const { tensors, unsupported } = await readSafetensors(new MemorySource(file))
  t.equal(unsupported.get('a'), 'F8_E4M3')
  t.strictSame([...tensors.keys()], ['b'])
})

const entry = (dtype: unknown, shape: unknown, offsets: unknown): string =>
  JSON.stringify({ a: { dtype, shape, data_offsets: offsets } })

const INVALID: readonly (readonly [string, string])[] = [
  ['no dtype', entry(undefined, [1], [0, 2])],
  ['a shape that is no list', entry('F16', 4, [0, 8])],
  ['a negative size', entry('F16', [-1], [0, 2])],
  ['a fraction', entry('F16', [1.5], [0, 3])],
  ['a size of 0', entry('F16', [0], [0, 0])],
  ['a size beyond 2^53', entry('F16', [2 ** 60], [0, 8])],
  ['a product beyond 2^53', entry('F16', [2 ** 40, 2 ** 40], [0, 8])],
  ['offsets that are no pair', entry('F16', [4], [0])],
  ['offsets in the wrong order', entry('F16', [4], [8, 0])],
  ['bytes that do not fit the shape', entry('F16', [4], [0, 6])],
  ['an end behind the file', entry('F16', [40], [0, 80])],
  ['an entry that is no object', '{"a":[]}'],
  [
    'tensors that overlap',
    '{"a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},"b":{"dtype":"F16","shape":[4],"data_offsets":[6,14]}}',
  ],
]

for (const [what, header] of INVALID) {
  t.test(`refuses ${what}`, async (t) => {
    const source = new MemorySource(withHeader(header, new Uint8Array(16)))
    await t.rejects(readSafetensors(source), { code: 'MODEL_SAFETENSORS_INVALID' })
  })
}

t.test('refuses a name given twice', async (t) => {
  const one = '{"dtype":"F16","shape":[4],"data_offsets":[0,8]}'
  for (const second of ['"a"', '"\\u0061"']) {
    const source = new MemorySource(withHeader(`{"a":${one},${second}:${one}}`, new Uint8Array(16)))
    await t.rejects(readSafetensors(source), { code: 'MODEL_JSON_INVALID', message: /twice/ })
  }
})

t.test('refuses a header that is no JSON, too deep, too large or not there', async (t) => {
  const refuses = async (bytes: Uint8Array, code: string): Promise<void> => {
    await t.rejects(readSafetensors(new MemorySource(bytes)), { code })
  }
  await refuses(withHeader('{"a":'), 'MODEL_JSON_INVALID')
  await refuses(withHeader('[]'), 'MODEL_JSON_INVALID')
  await refuses(withHeader(`{"a":${'['.repeat(1_000_000)}`), 'MODEL_JSON_INVALID')
  await refuses(new Uint8Array(4), 'MODEL_SAFETENSORS_INVALID')
  await refuses(Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 0, 0]), 'MODEL_SAFETENSORS_INVALID')
  await refuses(withHeader('{}').slice(0, 9), 'MODEL_SAFETENSORS_INVALID')
  await refuses(withHeader('{"\xff":1}').fill(0xff, 8), 'MODEL_SAFETENSORS_INVALID')
  await t.rejects(readSafetensors(new MemorySource(withHeader('{}     ')), { headerBytesMax: 4 }), {
    code: 'MODEL_SAFETENSORS_INVALID',
  })
})

t.test('sharded files', async (t) => {
  const index = (weightMap: unknown): string => JSON.stringify({ weight_map: weightMap })
  const files = new MemoryFiles({
    'one.safetensors': encodeSafetensors([tensor('a', 3), tensor('stale', 1)]),
    'two.safetensors': encodeSafetensors([tensor('b', 4)]),
    'model.safetensors.index.json': index({ a: 'one.safetensors', b: 'two.safetensors' }),
  })
  const table = await readSafetensorsFiles(files)
  t.strictSame([...table.tensors.keys()], ['a', 'b'], 'only what the index lists')
  t.strictSame(table.fileNames, ['one.safetensors', 'two.safetensors'])
  const refuses = async (weightMap: unknown): Promise<void> => {
    const changed = files.with({ 'model.safetensors.index.json': index(weightMap) })
    await t.rejects(readSafetensorsFiles(changed), { code: 'MODEL_CONFIG_INVALID' })
  }
  await refuses({ a: '../../etc/passwd' })
  await refuses({ a: 'three.safetensors' })
  await refuses({ missing: 'one.safetensors' })
  await refuses(undefined)
  const twice = files.with({
    'two.safetensors': encodeSafetensors([tensor('a', 3)]),
    'model.safetensors.index.json': undefined,
  })
  await t.rejects(readSafetensorsFiles(twice), { code: 'MODEL_CONFIG_INVALID' })
})
