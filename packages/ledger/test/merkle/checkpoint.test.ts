import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { hashLeaf } from '@shardline/core'
import {
  NoteMalformedError,
  NoteSignatureError,
  SIGNATURE_TYPES,
  cosign,
  cosigners,
  ed25519Signer,
  formatNote,
  isEd25519Signature,
  keyIdOf,
  openCheckpoint,
  parseNote,
  signCheckpoint,
  signaturesOf,
} from '@shardline/ledger'

const newSigner = (name: string) => ed25519Signer(name, generateKeyPairSync('ed25519').privateKey)
const log = newSigner('log.example/ledger')
const checkpoint = { size: 7n, root: hashLeaf(Uint8Array.of(7)) }

t.test('notes of other implementations are read', async (t) => {
  // The example in the documentation of Go's sumdb/note package.
  const key = {
    name: 'PeterNeumann',
    publicKey: Buffer.from('ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', 'base64').subarray(1),
  }
  t.equal(Buffer.from(keyIdOf(key, SIGNATURE_TYPES.ed25519)).toString('hex'), 'c74f20a3')
  const note = parseNote(
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
      '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
  )
  const [signature] = signaturesOf(note, key, SIGNATURE_TYPES.ed25519)
  t.ok(isEd25519Signature(key.publicKey, Buffer.from(note.text), signature!.signature))
})

t.test('a signed checkpoint has three lines and opens with the key', async (t) => {
  const signed = await signCheckpoint(checkpoint, log)
  t.match(signed.note, /^log\.example\/ledger\n7\n[A-Za-z0-9+/]{43}=\n\n\u2014 log\.example\/ledger \S+\n$/)
  t.match(openCheckpoint(signed.note, log), { origin: log.name, size: 7n })
  t.equal(formatNote(parseNote(signed.note)), signed.note)
})

t.test('another key, or another text, is refused', async (t) => {
  const { note } = await signCheckpoint(checkpoint, log)
  t.throws(() => openCheckpoint(note, newSigner(log.name)), NoteSignatureError)
  t.throws(() => openCheckpoint(note, newSigner('other.example')), NoteSignatureError)
  t.throws(() => openCheckpoint(note.replace('\n7\n', '\n8\n'), log), NoteSignatureError)
})

t.test('what is no note is refused', async (t) => {
  const { note } = await signCheckpoint(checkpoint, log)
  const wrong = [
    '',
    'text',
    note.trimEnd(),
    note.replace('\u2014', '-'),
    note.replace('\n\n', '\n'),
    note.replace('\n7\n', '\n07\n'),
    note.replace('\n7\n', '\n-7\n'),
    `\n7\nx\n\n${note.split('\n\n')[1]}`,
    note.replace(/\n[A-Za-z0-9+/]{43}=/, '\nAAAA'),
    `${note}${'\u2014 a AAAAAAAA\n'.repeat(64)}`,
    `${'x'.repeat(70_000)}\n\n\u2014 a AAAAAAAA\n`,
  ]
  for (const text of wrong)
    t.throws(() => openCheckpoint(text, log), NoteMalformedError, JSON.stringify(text.slice(0, 90)))
})

t.test('witnesses sign under the note, with their time', async (t) => {
  const [first, second] = [newSigner('witness.example/1'), newSigner('witness.example/2')]
  const { note } = await signCheckpoint(checkpoint, log)
  const { text } = parseNote(note)
  const cosigned = note + (await cosign(text, first, 1_700_000_000_999))
  t.same(cosigners(cosigned, [first, second]), [first])
  t.match(openCheckpoint(cosigned, log), { size: 7n })
  const moved = note + (await cosign(text.replace('7', '8'), first, 1_700_000_000_999))
  t.same(cosigners(moved, [first, second]), [])
})
