import { mkdtempSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { MappedFile } from '../../src/ort/mapped-file.ts'
import { Tensor } from '../../src/ort/tensor.ts'

t.test('refuses a file that is missing or empty, by its name', async (t) => {
  const folder = t.testdir({ empty: '' })
  t.throws(() => new MappedFile(path.join(folder, 'none')), { code: 'ENGINE_FILE_MAPPING', message: /none/ })
  t.throws(() => new MappedFile(path.join(folder, 'empty')), { code: 'ENGINE_FILE_MAPPING' })
})

t.test('refuses a tensor over bytes outside the file or of another length than its shape', async (t) => {
  const file = path.join(mkdtempSync(path.join(t.testdir(), 'm')), 'bytes')
  writeFileSync(file, new Uint8Array(64))
  using mapped = new MappedFile(file)
  t.equal(mapped.byteLength, 64)
  const over = (offset: number, byteLength: number): unknown =>
    Tensor.overFile('f32', [4], { file: mapped, offset, byteLength })
  t.throws(() => over(0, 12), { code: 'ENGINE_TENSOR_MISMATCH' })
  t.throws(() => over(56, 16), { code: 'ENGINE_TENSOR_MISMATCH' })
  t.throws(() => over(-16, 16), { code: 'ENGINE_TENSOR_MISMATCH' })
  mapped.dropPages()
})
