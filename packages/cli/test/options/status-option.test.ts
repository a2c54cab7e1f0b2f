import t from 'tap'
import { parseStatusAddress } from '../../src/options/status-option.ts'

t.test('where a status is read is written in three ways', async (t) => {
  t.equal(parseStatusAddress('7500'), 'http://127.0.0.1:7500')
  t.equal(parseStatusAddress('10.0.0.2:7501'), 'http://10.0.0.2:7501')
  t.equal(parseStatusAddress('http://node.example:7501/'), 'http://node.example:7501')
})

t.test('what is no address of a status is refused with what is allowed', async (t) => {
  for (const text of ['', 'ws://10.0.0.2:7101', 'http://user@host:1', 'http://host/?q', 'http://']) {
    t.throws(() => parseStatusAddress(text), /allowed is http:\/\/host:port/, text)
  }
})
