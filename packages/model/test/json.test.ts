import t from 'tap'
import { parseJsonObject } from '../src/json.ts'

const refuses = (text: string, message: RegExp): void => {
  t.throws(() => parseJsonObject(text, 'it'), { code: 'MODEL_JSON_INVALID', message }, text.slice(0, 40))
}

t.test('takes what JSON.parse takes', (t) => {
  for (const value of [{}, { a: [1, { b: 'x"}]\\' }, null, true], 'c:d': '":"' }, { '': { '': [] } }]) {
    t.strictSame(parseJsonObject(JSON.stringify(value, undefined, 1), 'it'), value)
  }
  t.strictSame(
    parseJsonObject('{"a":{"x":1},"b":{"x":2}}', 'it'),
    { a: { x: 1 }, b: { x: 2 } },
    'equal keys apart',
  )
  t.end()
})

t.test('refuses what is no object, does not end or repeats a key', (t) => {
  refuses('[]', /no object/)
  refuses('"x"', /no object/)
  refuses('', /parse/)
  refuses('{"a":1,}', /parse/)
  refuses('{"a', /does not end/)
  refuses('{"a\\":1}', /does not end/)
  refuses('{"a":1,"a":2}', /twice/)
  refuses('{"a":[{"b":1 , "b" : 2}]}', /twice/)
  refuses('{"a":1,"\\u0061":2}', /twice/)
  refuses('{"a":'.repeat(100), /deeper/)
  refuses('['.repeat(10_000_000), /deeper/)
  t.end()
})
