import { ManualClock } from '@shardline/core'
import t from 'tap'
import { AddressRates } from '../../src/relay/address-rates.ts'

t.test('gives each address its permissions, which come back evenly', async (t) => {
  const clock = new ManualClock()
  const rates = new AddressRates(clock, { perMinuteMax: 3, addressesMax: 10 })
  const takeAll = (): readonly boolean[] => Array.from({ length: 4 }, () => rates.take('a'))
  t.strictSame(takeAll(), [true, true, true, false])
  t.equal(rates.take('b'), true, 'addresses do not share')
  clock.advance(20_000)
  t.strictSame(
    [rates.take('a'), rates.take('a')],
    [true, false],
    'a third of a minute gives one of three back',
  )
  clock.advance(600_000)
  t.strictSame(takeAll(), [true, true, true, false], 'never more than all')
})

t.test('forgets the address that asked longest ago, and remembers who asks on', async (t) => {
  const rates = new AddressRates(new ManualClock(), { perMinuteMax: 1, addressesMax: 2 })
  t.strictSame(
    ['a', 'b', 'a', 'c', 'a', 'b'].map((address) => rates.take(address)),
    [true, true, false, true, false, true],
  )
})
