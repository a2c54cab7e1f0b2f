import t from 'tap'
import type { Machine } from '@shardline/node'
import { limitedMachine } from '../../src/node/limited-machine.ts'

function machine(freeBytes: number, residentBytes: number): Machine {
  return {
    threads: 3,
    numericClass: async () => 'class',
    speed: () => Promise.reject(new Error('not asked')),
    memory: () => ({ freeBytes, residentBytes }),
  }
}

t.test('offers what is left of the part that it may use, and never more than is free', async (t) => {
  const freeOf = (free: number, resident: number, limit?: number): number =>
    limitedMachine(machine(free, resident), limit).memory().freeBytes
  t.equal(freeOf(1000, 100), 1000)
  t.equal(freeOf(1000, 100, 500), 400)
  t.equal(freeOf(300, 100, 500), 300)
  t.equal(freeOf(1000, 600, 500), 0)
  t.equal(limitedMachine(machine(1, 2), 3).memory().residentBytes, 2)
})

t.test('is the same machine otherwise', async (t) => {
  const limited = limitedMachine(machine(1, 1), 1)
  t.equal(limited.threads, 3)
  t.equal(await limited.numericClass(), 'class')
})
