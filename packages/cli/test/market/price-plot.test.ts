import t from 'tap'
import { isLogarithmic, plot } from '../../src/market/price-plot.ts'

const label = String

t.test('the highest value fills the plot and the lowest is one eighth high', async (t) => {
  t.equal(
    plot([1, 2, 3], { width: 10, height: 2, label }),
    `3 ┤ ▁█
1 ┤▁██
`,
  )
})

t.test('equal values lie flat', async (t) => {
  t.equal(plot([5, 5], { width: 10, height: 2, label }), '5 ┤\n5 ┤▁▁\n')
})

t.test('nothing is drawn of nothing', async (t) => {
  t.equal(plot([], { width: 10, height: 2, label }), '')
})

t.test('more values than columns show the highest of each column', async (t) => {
  const values = Array.from({ length: 100 }, (_, i) => (i === 51 ? 9 : 1))
  const lines = plot(values, { width: 10, height: 1, label }).split('\n')
  t.equal(lines[0], '1 ┤▁▁▁▁▁█▁▁▁▁')
})

t.test('far apart values are drawn by their logarithm', async (t) => {
  t.equal(isLogarithmic(1, 20), false)
  t.equal(isLogarithmic(1, 21), true)
  t.equal(isLogarithmic(0, 21), false)
  const [line] = plot([1, 10, 100], { width: 3, height: 1, label }).split('\n')
  t.equal(line, '1 ┤▁▅█')
})
