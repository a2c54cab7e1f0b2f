import t from 'tap'
import { DisposedError } from '../../src/errors.ts'
import { NativeResource } from '../../src/ort/native-resource.ts'

function counted(): { readonly resource: NativeResource; readonly freed: () => number } {
  let freed = 0
  const resource = new NativeResource('a thing', 1n, () => {
    freed++
  })
  return { resource, freed: () => freed }
}

t.test('frees at once when nobody borrows it, and only once', async (t) => {
  const { resource, freed } = counted()
  resource.dispose()
  resource.dispose()
  t.equal(freed(), 1)
})

t.test('refuses its address and further borrowers after it was disposed', async (t) => {
  const { resource } = counted()
  resource.dispose()
  t.throws(() => resource.pointer, DisposedError)
  t.throws(() => resource.borrow(), { code: 'ENGINE_DISPOSED' })
})

t.test('stays alive until the last borrower gives it back', async (t) => {
  const { resource, freed } = counted()
  resource.borrow()
  resource.borrow()
  resource.dispose()
  resource.giveBack()
  t.equal(freed(), 0)
  resource.giveBack()
  t.equal(freed(), 1)
})
