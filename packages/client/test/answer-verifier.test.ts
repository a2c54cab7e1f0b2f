import { hex } from '@scure/base'
import { SeededRandom } from '@shardline/core'
import { createIdentity, FIRST_WINDOW_PREVIOUS, signTokenWindow } from '@shardline/identity'
import type { Identity, PartyId } from '@shardline/identity'
import type { AnswerEvent } from '@shardline/wire'
import t from 'tap'
import { textAsk } from '../src/index.ts'
import { AnswerVerifier } from '../src/answer-verifier.ts'
import { VALIDATORS_PENDING_MAX, WINDOW_TOKENS_MAX } from '../src/limits.ts'

const ASK = '00000000-0000-4000-8000-000000000001'
const MODEL_DIGEST = 'ab'.repeat(32)
const random = new SeededRandom(1)
const [driver, first, second, third] = [
  await createIdentity(random),
  await createIdentity(random),
  await createIdentity(random),
  await createIdentity(random),
]

function stagesOf(validator: Identity): Extract<AnswerEvent, { type: 'restaged' }>['stages'] {
  return [
    { role: 'driver', party: driver.id, layers: null },
    { role: 'validator', party: validator.id, layers: null },
  ]
}

function restaged(validator: Identity): AnswerEvent {
  return { type: 'restaged', stages: stagesOf(validator) }
}

/** An answer of one choice as a driver passes it on, event by event, with whoever signs. */
class Told {
  readonly verifier: AnswerVerifier
  #tokens = 0
  #signed = 0
  #windows = 0
  #previous = FIRST_WINDOW_PREVIOUS

  private constructor(validators: readonly PartyId[] | undefined) {
    const model = {
      model: 'm',
      digest: MODEL_DIGEST,
      contextLength: 1_000,
      layerCount: 1,
      hasChat: false,
      hasTools: false,
    }
    this.verifier = new AnswerVerifier({
      ask: ASK,
      content: textAsk('x', { maxTokens: 900 }),
      driver: driver.id,
      models: [model],
      validators,
      lockedPrice: undefined,
    })
  }

  static async start(validators?: readonly Identity[]): Promise<Told> {
    const told = new Told(validators?.map(({ id }) => id))
    const stages = stagesOf(first)
    const counts = { promptTokens: 1, seed: 0, contextLength: 1_000 }
    await told.verifier.take({ type: 'started', model: 'm', ...counts, stages })
    return told
  }

  async pieces(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const id = this.#tokens++
      const token = { id, bytes: hex.encode(bytesOf(id)), logprob: 0, top: [] }
      const text = new TextDecoder().decode(bytesOf(id))
      await this.verifier.take({ type: 'piece', choice: 0, text, tokens: [token] })
    }
  }

  /** The next window, over so many tokens; it counts for the ones after it. */
  window(
    signer: Identity,
    count: number,
    end: 'none' | 'stop-token' | 'closed' = 'none',
  ): Extract<AnswerEvent, { type: 'window' }> {
    const ids = Array.from({ length: count }, (_, index) => this.#signed + index)
    const tokens = ids.map((id) => ({ id, bytes: bytesOf(id) }))
    const [previous, window] = [this.#previous, this.#windows]
    const signed = { ask: ASK, choice: 0, modelDigest: MODEL_DIGEST, window, end, tokens, previous }
    const { signature, hash } = signTokenWindow(signer, signed)
    this.#signed += count
    this.#windows += 1
    this.#previous = hash
    return { type: 'window', choice: 0, window, tokenIds: ids, end, previous, signature }
  }

  async end(): Promise<void> {
    const tokens = this.#signed
    await this.verifier.take({ type: 'choice-ended', choice: 0, finishReason: 'stop', tokens })
    const counts = { promptTokens: 1, outputTokens: tokens, reusedTokens: 0 }
    const times = { timeToFirstTokenMs: 1, durationMs: 1 }
    await this.verifier.take({ type: 'done', ...counts, ...times, isFailover: false })
  }
}

function bytesOf(id: number): Uint8Array {
  return new TextEncoder().encode(` t${id}`)
}

t.test('a validator that took over signs what follows, and the report names it', async (t) => {
  const told = await Told.start([first, second])
  await told.pieces(4)
  await told.verifier.take(told.window(first, 4))
  await told.pieces(2)
  await told.verifier.take(restaged(second))
  await told.pieces(2)
  await told.verifier.take(told.window(second, 4, 'stop-token'))
  await told.end()
  t.match(told.verifier.report, { validator: second.id, isVerified: true, isFailover: true })
})

t.test('windows of the validator before count until the first one of the new validator', async (t) => {
  const told = await Told.start()
  await told.verifier.take(restaged(second))
  await told.verifier.take(restaged(third))
  await told.pieces(12)
  await told.verifier.take(told.window(first, 4))
  await told.verifier.take(told.window(second, 4))
  await t.rejects(told.verifier.take(told.window(first, 4)), {
    code: 'CLIENT_TOKENS_UNVERIFIED',
    message: /signature of window 2 does not hold/,
  })
})

t.test('a window that counted is refused when it comes again after a replacement', async (t) => {
  for (const again of ['before', 'after'] as const) {
    const told = await Told.start()
    await told.pieces(4)
    const old = told.window(first, 4)
    await told.verifier.take(old)
    await told.verifier.take(restaged(second))
    await told.pieces(4)
    if (again === 'after') await told.verifier.take(told.window(second, 4))
    await t.rejects(told.verifier.take(old), { code: 'CLIENT_TOKENS_UNVERIFIED', message: /is missing/ })
  }
})

t.test('a replacement that the user does not expect is refused by name', async (t) => {
  const told = await Told.start([first, second])
  await told.pieces(4)
  await told.verifier.take(told.window(first, 4))
  await t.rejects(told.verifier.take(restaged(third)), {
    code: 'CLIENT_VALIDATOR_UNEXPECTED',
    details: { given: third.id, expected: [first.id, second.id] },
  })
})

t.test('another validator that signs without having been named is refused', async (t) => {
  const told = await Told.start([first, second])
  await told.pieces(4)
  await told.verifier.take(told.window(first, 4))
  await told.pieces(4)
  await t.rejects(told.verifier.take(told.window(second, 4)), {
    code: 'CLIENT_TOKENS_UNVERIFIED',
    place: { choice: 0, token: 4 },
    message: /signature of window 1 does not hold/,
  })
})

t.test('a validator that took over may sign in other windows than the one before', async (t) => {
  for (const [before, after] of [
    [WINDOW_TOKENS_MAX, 5],
    [5, WINDOW_TOKENS_MAX],
    [1, WINDOW_TOKENS_MAX],
    [WINDOW_TOKENS_MAX, 1],
  ] as const) {
    const told = await Told.start()
    await told.pieces(before)
    await told.verifier.take(told.window(first, before))
    // All that one validator may leave unsigned, one after the other.
    const waiting = before - 1
    await told.pieces(waiting)
    await told.verifier.take(restaged(second))
    let unsigned = waiting
    for (; unsigned >= after; unsigned -= after) await told.verifier.take(told.window(second, after))
    await told.pieces(after - unsigned)
    await told.verifier.take(told.window(second, after))
    await told.verifier.take(told.window(second, 0, 'stop-token'))
    await told.end()
    t.match(told.verifier.report, { isVerified: true }, `${before} and ${after} tokens`)
  }
})

t.test('no more tokens than a window holds wait unsigned, whoever signs', async (t) => {
  const told = await Told.start()
  await told.pieces(WINDOW_TOKENS_MAX - 1)
  await told.verifier.take(restaged(second))
  await told.pieces(1)
  await t.rejects(told.pieces(1), {
    code: 'CLIENT_TOKENS_UNVERIFIED',
    message: /more than 32 tokens are not signed/,
  })
})

t.test('a token after a signed end is refused, whichever comes first', async (t) => {
  for (const isLate of [true, false]) {
    const told = await Told.start()
    await told.pieces(isLate ? 3 : 4)
    const end = told.window(first, 3, 'closed')
    const broken = async (): Promise<void> => {
      await told.verifier.take(end)
      await told.pieces(1)
    }
    await t.rejects(broken(), { code: 'CLIENT_TOKENS_UNVERIFIED', place: { choice: 0, token: 3 } })
  }
})

t.test('a driver that names ever more validators makes none of them count for ever', async (t) => {
  const told = await Told.start()
  await told.pieces(4)
  for (let count = 0; count < VALIDATORS_PENDING_MAX; count++) {
    await told.verifier.take(restaged(await createIdentity(random)))
  }
  await t.rejects(told.verifier.take(told.window(first, 4)), { code: 'CLIENT_TOKENS_UNVERIFIED' })
})
