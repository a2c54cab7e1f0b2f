import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { LedgerInputError, ed25519Signer, formatVerifierKey, parseVerifierKey } from '@shardline/ledger'

const signer = ed25519Signer('ledger.example/log', generateKeyPairSync('ed25519').privateKey)

t.test('a key is read as it was written', async (t) => {
  for (const kind of ['log', 'witness'] as const) {
    const text = formatVerifierKey(signer, kind)
    t.match(text, /^ledger\.example\/log\+[0-9a-f]{8}\+/)
    t.same(parseVerifierKey(text, kind), { name: signer.name, publicKey: signer.publicKey })
    t.same(parseVerifierKey(` ${text}\n`, kind), { name: signer.name, publicKey: signer.publicKey })
  }
})

t.test('a key that was mistyped, or is of the other kind, is refused', async (t) => {
  const text = formatVerifierKey(signer, 'log')
  const wrong = [
    '',
    'name',
    text.replace('ledger', 'ledge'),
    text.replace(/\+[0-9a-f]{8}\+/, '+00000000+'),
    text.slice(0, -8),
    formatVerifierKey(signer, 'witness'),
  ]
  for (const given of wrong) t.throws(() => parseVerifierKey(given, 'log'), LedgerInputError, given)
})
