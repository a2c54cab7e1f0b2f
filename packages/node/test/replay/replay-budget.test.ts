import t from 'tap'
import { ReplayBudget } from '../../src/replay/replay-budget.ts'

class Holder {
  readonly name: string
  readonly #log: string[]
  constructor(name: string, log: string[]) {
    this.name = name
    this.#log = log
  }
  dropRows(): void {
    this.#log.push(this.name)
  }
}

function fixture(bytesMax: number) {
  const log: string[] = []
  const budget = new ReplayBudget(bytesMax)
  const holders = ['a', 'b', 'c'].map((name) => new Holder(name, log))
  return { log, budget, a: holders[0]!, b: holders[1]!, c: holders[2]! }
}

t.test('those that were idle the longest make place', async (t) => {
  const { log, budget, a, b, c } = fixture(10)
  budget.add(a, 4)
  budget.add(b, 4)
  budget.add(a, 1)
  budget.add(c, 5)
  t.same(log, ['b'])
  t.equal(budget.bytes, 10)
  budget.add(c, 5)
  t.same(log, ['b', 'a'])
})

t.test('one that is alone makes place for itself', async (t) => {
  const { log, budget, a } = fixture(10)
  budget.add(a, 8)
  budget.add(a, 8)
  t.same(log, ['a'])
  t.equal(budget.bytes, 0)
  budget.add(a, 8)
  t.equal(budget.bytes, 8)
})

t.test('counts what is given back', async (t) => {
  const { budget, a, b } = fixture(10)
  budget.add(a, 8)
  t.equal(budget.isTight, true)
  budget.subtract(a, 3)
  t.equal(budget.isTight, false)
  budget.subtract(b, 3)
  t.equal(budget.bytes, 5, 'who holds nothing gives nothing back')
  budget.remove(a)
  t.equal(budget.bytes, 0)
})
