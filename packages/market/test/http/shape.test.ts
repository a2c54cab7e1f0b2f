import type { Branded } from '@shardline/core'
import { Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import t from 'tap'
import { list, record, shape, text, whole, word } from '../../src/http/shapes/shape.ts'
import { toJson } from '../../src/http/shapes/to-json.ts'

interface Example {
  readonly id: Branded<string, 'ExampleId'>
  readonly amount: bigint
  readonly mood: 'good' | 'bad'
  readonly counts: readonly number[]
  readonly maybe: bigint | undefined
}

const id = text('^[a-z]+$', 8)
const amount = text('^[0-9]+$', 19)
const mood = word({ good: true, bad: true })
const counts = list(whole(0, 9), 2)
const maybe = Type.Optional(amount)

t.test('a schema is bound to the interface that it describes', async (t) => {
  const right = shape<Example>()(record({ id, amount, mood, counts, maybe }))
  // @ts-expect-error a field is missing
  shape<Example>()(record({ id, amount, mood, counts }))
  // @ts-expect-error a field too many
  shape<Example>()(record({ id, amount, mood, counts, maybe, more: id }))
  // @ts-expect-error another kind: bigints travel as text
  shape<Example>()(record({ id, amount: whole(0, 9), mood, counts, maybe }))
  // @ts-expect-error what may be undefined may be absent
  shape<Example>()(record({ id, amount, mood, counts, maybe: amount }))
  // @ts-expect-error a word is forgotten
  shape<Example>()(record({ id, amount, mood: word<'good'>({ good: true }), counts, maybe }))
  const check = TypeCompiler.Compile(right)
  const value = { id: 'a', amount: '10', mood: 'good', counts: [1] }
  t.equal(check.Check(value), true)
  for (const wrong of [
    { ...value, mood: 'so-so' },
    { ...value, counts: [1, 2, 3] },
    { ...value, counts: [0.5] },
    { ...value, amount: 10 },
    { ...value, maybe: null },
    { ...value, more: 1 },
  ]) {
    t.equal(check.Check(wrong), false, JSON.stringify(wrong))
  }
})

t.test('values travel with bigints as text and without what is undefined', async (t) => {
  const value: Example = {
    id: 'a' as Example['id'],
    amount: 2n ** 70n,
    mood: 'bad',
    counts: [1],
    maybe: undefined,
  }
  t.strictSame(toJson(value), { id: 'a', amount: '1180591620717411303424', mood: 'bad', counts: [1] })
  t.strictSame(toJson([{ deep: [1n, null, 'x'] }]), [{ deep: ['1', null, 'x'] }])
})
