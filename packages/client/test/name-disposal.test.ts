import t from 'tap'
import { nameDisposal } from '../src/name-disposal.ts'

t.test('names disposal where a browser does not, as compilers do', async (t) => {
  const symbols: { readonly dispose?: symbol; readonly asyncDispose?: symbol } = {}
  nameDisposal(symbols)
  t.equal(symbols.dispose, Symbol.for('Symbol.dispose'))
  t.equal(symbols.asyncDispose, Symbol.for('Symbol.asyncDispose'))
})

t.test('leaves the names that there are', async (t) => {
  const [dispose, asyncDispose] = [Symbol('dispose'), Symbol('asyncDispose')]
  const symbols = { dispose, asyncDispose }
  nameDisposal(symbols)
  t.strictSame(symbols, { dispose, asyncDispose })
})
