import t from 'tap'
import { parseOffer } from '../../src/market/offered-model.ts'

t.test('a model is offered with its layers, and a base price if one is given', async (t) => {
  t.same(parseOffer('storyteller/q4=8'), { model: 'storyteller/q4', layerCount: 8, basePrice: undefined })
  t.same(parseOffer('a=512@250'), { model: 'a', layerCount: 512, basePrice: 250n })
  for (const text of [
    '',
    'a',
    'a=',
    '=8',
    'a=0',
    'a=8@',
    'a=8@-1',
    'a=8@1.5',
    'a=99999',
    'a=8@1234567890123',
  ]) {
    t.throws(() => parseOffer(text), { code: 'commander.invalidArgument' }, text)
  }
})
