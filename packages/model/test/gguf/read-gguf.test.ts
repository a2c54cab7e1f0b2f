import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { GgufCutError, GgufInvalidError } from '../../src/errors.ts'
import type { GgufInit, GgufTypedValue } from '../../src/gguf/gguf-writer.ts'
import { encodeGguf } from '../../src/gguf/gguf-writer.ts'
import { readGguf } from '../../src/gguf/read-gguf.ts'
import { MemorySource } from '../support/memory-source.ts'

const tensor = (name: string, shape: readonly number[]): GgufInit['tensors'][number] => ({
  name,
  dtype: 'F32',
  shape,
  bytes: () => new Uint8Array(shape.reduce((product, size) => product * size, 4)),
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** What is in use on the heap. */
function heapBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

const METADATA = new Map<string, GgufTypedValue>([
  ['a.u8', { type: 'u8', value: 255 }],
  ['a.i8', { type: 'i8', value: -128 }],
  ['a.u16', { type: 'u16', value: 65_535 }],
  ['a.i16', { type: 'i16', value: -2 }],
  ['a.u32', { type: 'u32', value: 4_294_967_295 }],
  ['a.i32', { type: 'i32', value: -3 }],
  ['a.f32', { type: 'f32', value: 0.5 }],
  ['a.bool', { type: 'bool', value: true }],
  ['a.string', { type: 'string', value: 'grün 🦊' }],
  ['a.u64', { type: 'u64', value: 2n ** 60n }],
  ['a.i64', { type: 'i64', value: -5 }],
  ['a.f64', { type: 'f64', value: 1e300 }],
  ['a.list', { type: 'array', of: 'string', values: ['x', '', 'yz'] }],
])

const INIT: GgufInit = { metadata: METADATA, tensors: [tensor('one', [3, 5]), tensor('two', [7])] }

/** A valid file with a change to its bytes. */
function changed(change: (bytes: Buffer) => void, init: GgufInit = INIT): MemorySource {
  const bytes = Buffer.from(encodeGguf(init))
  change(bytes)
  return new MemorySource(bytes)
}

t.test('reads what the writer wrote, in versions 2 and 3', async (t) => {
  for (const version of [2, 3] as const) {
    const header = await readGguf(new MemorySource(encodeGguf({ ...INIT, version })))
    t.equal(header.version, version)
    for (const [key, value] of METADATA) {
      t.strictSame(header.metadata.get(key), value.type === 'array' ? value.values : value.value, key)
    }
    t.strictSame(header.tensors.get('one')?.shape, [3, 5], 'shapes are row-major')
    t.equal(header.tensors.get('two')?.byteLength, 28)
    t.equal((header.tensors.get('two')?.offset ?? 1) % 32, 0)
  }
})

t.test('reads a header that is longer than the first read', async (t) => {
  const values = Array.from({ length: 200_000 }, (_, i) => `token ${i}`)
  const metadata = new Map<string, GgufTypedValue>([['tokens', { type: 'array', of: 'string', values }]])
  const header = await readGguf(new MemorySource(encodeGguf({ ...INIT, metadata })))
  t.strictSame(header.metadata.get('tokens'), values)
})

t.test('a vocabulary takes no heap before someone asks for it', async (t) => {
  const values = Array.from({ length: 200_000 }, (_, i) => `token ${i}`)
  const metadata = new Map<string, GgufTypedValue>([['tokens', { type: 'array', of: 'string', values }]])
  const source = new MemorySource(encodeGguf({ ...INIT, metadata }))
  const before = heapBytes()
  const header = await readGguf(source)
  const unasked = heapBytes()
  const tokens = header.metadata.get('tokens')
  const asked = heapBytes()
  t.ok(unasked - before < (asked - unasked) / 4, `${unasked - before} bytes, then ${asked - unasked}`)
  t.strictSame(tokens, values)
})

t.test('names the type of a tensor that it cannot read and goes on', async (t) => {
  const source = changed((bytes) => bytes.writeUInt32LE(20, bytes.indexOf('one') + 3 + 4 + 16))
  const header = await readGguf(source)
  t.equal(header.unsupported.get('one'), 'IQ4_NL')
  t.ok(header.tensors.has('two'))
})

const INVALID: readonly (readonly [string, MemorySource, RegExp])[] = [
  ['another magic', changed((bytes) => bytes.write('GGML')), /begin with "GGUF"/],
  ['version 1', changed((bytes) => bytes.writeUInt32LE(1, 4)), /version 1; supported are versions 2 and 3/],
  ['version 4', changed((bytes) => bytes.writeUInt32LE(4, 4)), /version 4/],
  ['a big-endian file', changed((bytes) => bytes.writeUInt32BE(3, 4)), /big-endian/],
  [
    'an absurd count of tensors',
    changed((bytes) => bytes.writeBigUInt64LE(2n ** 62n, 8)),
    /number of tensors/,
  ],
  [
    'an absurd count of pairs',
    changed((bytes) => bytes.writeBigUInt64LE(10n ** 9n, 16)),
    /number of metadata pairs/,
  ],
  ['a key of absurd length', changed((bytes) => bytes.writeBigUInt64LE(2n ** 40n, 24)), /metadata key/],
  [
    'an unknown value type',
    changed((bytes) => bytes.writeUInt32LE(77, bytes.indexOf('a.u8') + 4)),
    /unknown type 77/,
  ],
  ['a boolean of 2', changed((bytes) => bytes.writeUInt8(2, bytes.indexOf('a.bool') + 10)), /boolean is 2/],
  ['a key given twice', changed((bytes) => bytes.write('a.u8', bytes.indexOf('a.i8'))), /"a.u8" twice/],
  ['a tensor given twice', changed((bytes) => bytes.write('one', bytes.indexOf('two'))), /"one" twice/],
  ['no dimensions', changed((bytes) => bytes.writeUInt32LE(0, bytes.indexOf('one') + 3)), /0 dimensions/],
  [
    'too many dimensions',
    changed((bytes) => bytes.writeUInt32LE(9, bytes.indexOf('one') + 3)),
    /9 dimensions/,
  ],
  [
    'a dimension of 0',
    changed((bytes) => bytes.writeBigUInt64LE(0n, bytes.indexOf('one') + 7)),
    /dimension of 0/,
  ],
  [
    'a dimension beyond 2^53',
    changed((bytes) => bytes.writeBigUInt64LE(2n ** 60n, bytes.indexOf('one') + 7)),
    /dimension/,
  ],
  [
    'a product beyond 2^53',
    changed((bytes) => bytes.writeBigUInt64LE(2n ** 52n, bytes.indexOf('one') + 7)),
    /shape/,
  ],
  [
    'a tensor behind the end',
    changed((bytes) => bytes.writeBigUInt64LE(3200n, bytes.indexOf('two') + 3 + 4 + 8 + 4)),
    /behind the end/,
  ],
  [
    'an offset out of line',
    changed((bytes) => bytes.writeBigUInt64LE(4n, bytes.indexOf('two') + 3 + 4 + 8 + 4)),
    /multiple of 32/,
  ],
  [
    'tensors that overlap',
    changed((bytes) => bytes.writeBigUInt64LE(32n, bytes.indexOf('two') + 3 + 4 + 8 + 4)),
    /share bytes/,
  ],
]

for (const [what, source, message] of INVALID) {
  t.test(`refuses ${what}`, async (t) => {
    await t.rejects(readGguf(source), { code: 'MODEL_GGUF_INVALID', message })
  })
}

t.test('refuses an alignment that is no power of two', async (t) => {
  const metadata = new Map<string, GgufTypedValue>([['general.alignment', { type: 'u32', value: 24 }]])
  await t.rejects(readGguf(new MemorySource(encodeGguf({ ...INIT, metadata }))), GgufInvalidError)
})

t.test('refuses a file that is cut anywhere in its header or data', async (t) => {
  const whole = encodeGguf(INIT)
  const header = await readGguf(new MemorySource(whole))
  const end = Math.max(...[...header.tensors.values()].map(({ offset, byteLength }) => offset + byteLength))
  for (let length = 0; length < end; length++) {
    const error = await readGguf(new MemorySource(whole.slice(0, length))).then(
      () => undefined,
      (cause: unknown) => cause,
    )
    if (!(error instanceof GgufCutError || error instanceof GgufInvalidError))
      t.fail(`${length} bytes are taken`)
  }
})

t.test('refuses arrays with more entries than allowed and headers larger than allowed', async (t) => {
  await t.rejects(readGguf(new MemorySource(encodeGguf(INIT)), { arrayEntriesMax: 2 }), GgufInvalidError)
  await t.rejects(readGguf(new MemorySource(encodeGguf(INIT)), { headerBytesMax: 64 }), {
    code: 'MODEL_GGUF_INVALID',
    message: /larger than 64 bytes/,
  })
})
