import t from 'tap'
import { chooseReplacements } from '../../src/repair/choose-replacements.ts'
import type { SpareOffer } from '../../src/repair/choose-replacements.ts'

interface Named extends SpareOffer {
  readonly name: string
}

const low = { first: 0, count: 3 }
const high = { first: 3, count: 3 }
const worker = (name: string, hot: SpareOffer['hot'], freeBytes = 100): Named => ({
  name,
  role: 'worker',
  hot,
  freeBytes,
})
const validator = (name: string, hot: SpareOffer['hot'] = [], freeBytes = 100): Named => ({
  name,
  role: 'validator',
  hot,
  freeBytes,
})
const namesOf = (chosen: readonly (Named | undefined)[]): readonly (string | undefined)[] =>
  chosen.map((spare) => spare?.name)

t.test(
  'a part goes to a spare that has it loaded, else to one with room, rather to one with nothing loaded',
  (t) => {
    const part = { layers: high, neededBytes: 50 }
    t.same(namesOf(chooseReplacements([part], [worker('a', []), worker('b', [low, high])])), ['b'])
    t.same(namesOf(chooseReplacements([part], [worker('a', [low]), worker('b', [])])), ['b'])
    t.same(namesOf(chooseReplacements([part], [worker('a', [], 49), worker('b', [low])])), ['b'])
    t.same(namesOf(chooseReplacements([part], [worker('a', [], 49)])), [undefined])
    t.same(namesOf(chooseReplacements([part], [worker('a', [high], 0)])), ['a'], 'it has it already')
    t.end()
  },
)

t.test('no spare takes two parts, and none another role', (t) => {
  const parts = [
    { layers: low, neededBytes: 50 },
    { layers: high, neededBytes: 50 },
    { layers: undefined, neededBytes: 50 },
  ]
  t.same(namesOf(chooseReplacements(parts, [worker('a', [low, high])])), ['a', undefined, undefined])
  t.same(namesOf(chooseReplacements(parts, [worker('a', [high]), worker('b', [])])), ['b', 'a', undefined])
  t.same(namesOf(chooseReplacements(parts, [validator('v'), worker('a', [low])])), ['a', undefined, 'v'])
  t.same(namesOf(chooseReplacements(parts.slice(2), [validator('u'), validator('v', [undefined])])), ['v'])
  t.end()
})
