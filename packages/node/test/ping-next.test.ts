import t from 'tap'
import { NEXT_PINGS } from '../src/limits.ts'
import { pingNext } from '../src/ping-next.ts'

function linkOf(timesMs: readonly (number | undefined)[]): {
  pings: number
  measureRoundTrip(): Promise<number | undefined>
} {
  return {
    pings: 0,
    measureRoundTrip() {
      return Promise.resolve(timesMs[this.pings++])
    },
  }
}

t.test('gives the least of a few pings', async (t) => {
  const link = linkOf([9, 7, 3, 8, 4, 1])
  t.equal(await pingNext(link), 3)
  t.equal(link.pings, NEXT_PINGS)
})

t.test('stops where no answer comes, and keeps what it has', async (t) => {
  const link = linkOf([9, 7, undefined, 1])
  t.equal(await pingNext(link), 7)
  t.equal(link.pings, 3)
})

t.test('has nothing to say without an answer or without a next stage', async (t) => {
  t.equal(await pingNext(linkOf([])), null)
  t.equal(await pingNext(undefined), null)
})
