import t from 'tap'
import { jsonDepth, readJson } from '@shardline/core'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

t.test('depth counts brackets outside of strings only', async (t) => {
  t.equal(jsonDepth(bytes('[{"a":[1,"]]]["]}]')), 3)
  t.equal(jsonDepth(bytes('["\\"[[[["]')), 1)
  t.equal(jsonDepth(bytes('12')), 0)
})

t.test('reads what JSON is, at the depth that is allowed', async (t) => {
  t.same(readJson(bytes('[[["[[[["]]]'), 3), { value: [[['[[[[']]] })
  t.same(readJson(bytes(' {"a": null} '), 1), { value: { a: null } })
  t.same(readJson(bytes('\uFEFF1'), 1), { value: 1 }, 'a byte order mark is passed over')
})

t.test('says what is wrong with the rest', async (t) => {
  t.same(readJson(bytes('[[[[]]]]'), 3), { wrong: 'it has more than 3 levels' })
  t.same(readJson(new Uint8Array(), 3), { wrong: 'it is empty' })
  t.same(readJson(bytes('[1,]'), 3), { wrong: 'it is not JSON' })
  t.same(readJson(Uint8Array.of(0x22, 0xc3, 0x28, 0x22), 3), { wrong: 'it is not in UTF-8' })
})
