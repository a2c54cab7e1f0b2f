import t from 'tap'
import { PROSE, SLUG, hasCanary, planted } from './canary.ts'

t.test('the text is found in whatever form it is', async (t) => {
  const forms = [PROSE, SLUG, PROSE.toUpperCase()].flatMap((text) => [
    text,
    encodeURIComponent(text),
    JSON.stringify({ text }),
    ...['', '1', '12'].flatMap((before) => [
      Buffer.from(before + text).toString('base64'),
      Buffer.from(before + text).toString('base64url'),
      Buffer.from(before + text).toString('hex'),
    ]),
  ])
  t.same(
    forms.filter((form) => !hasCanary(form)),
    [],
  )
  t.notOk(hasCanary('The Nightingale sang'))
})

t.test('it is planted in every place of a value', async (t) => {
  const value = { a: 'x', b: [{ c: 1 }] }
  t.same(planted(value, 'T'), [
    { ...value, T: 1 },
    { ...value, note: 'T' },
    { a: 'T', b: [{ c: 1 }] },
    { a: 'x', b: [{ c: 1 }, 'T'] },
    { a: 'x', b: [{ c: 1, T: 1 }] },
    { a: 'x', b: [{ c: 1, note: 'T' }] },
    { a: 'x', b: [{ c: 'T' }] },
  ])
})
