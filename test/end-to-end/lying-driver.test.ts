import t from 'tap'
import { SAMPLING_OF_DRIVER, textAsk } from '@shardline/client'
import type { AskContent } from '@shardline/wire'
import type { AnswerChunk } from '@shardline/driver'
import { startAskedCluster } from '../support/asked-cluster.ts'
import type { AskedCluster } from '../support/asked-cluster.ts'
import { lyingPipeline } from '../support/lying-pipeline.ts'
import type { Lie } from '../support/lying-pipeline.ts'
import { sharedCacheFolder } from '../support/test-models.ts'

const cacheFolder = sharedCacheFolder()
const content: AskContent = textAsk('Tell me a story about a fox and a key.', {
  sampling: { ...SAMPLING_OF_DRIVER, seed: 7, temperature: 0.8 },
  maxTokens: 80,
})

/** What the driver of these tests does to the next answers. */
let lieNow: () => Lie = () => (chunk) => [chunk]
const liar = await startAskedCluster({
  cacheFolder,
  workers: 1,
  disguise: (pipeline) => lyingPipeline(pipeline, () => lieNow()),
})
t.teardown(() => liar[Symbol.asyncDispose]())

/** Runs one ask over a driver whose answers go through `lieOf`. */
function askLiar(lieOf: () => Lie, asked: AskContent = content): Promise<unknown> {
  lieNow = lieOf
  return askOnce(liar, asked)
}

async function askOnce(cluster: AskedCluster, asked: AskContent = content): Promise<unknown> {
  const source = await cluster.connect()
  const answer = source.ask(asked)
  for await (const event of answer) if (event.type === 'done') break
  return await answer.report
}

const honest: Lie = (chunk) => [chunk]

t.test('a driver that passes everything on is verified', async (t) => {
  t.match(await askLiar(() => honest), { isVerified: true })
})

t.test('one changed token is found, with its place', async (t) => {
  const place = { choice: 0, token: 40 }
  await t.rejects(
    askLiar(() => (chunk, number) => {
      // Piece 32 is the first window, so piece 41 is token 40.
      if (number !== 41 || chunk.token === undefined) return [chunk]
      return [{ ...chunk, token: { ...chunk.token, id: chunk.token.id + 1 } }]
    }),
    { code: 'CLIENT_TOKENS_UNVERIFIED', place, message: /from token 40 on/ },
  )
})

t.test('a changed text under the signed tokens is found', async (t) => {
  await t.rejects(
    askLiar(() => (chunk, number) => [number === 5 ? { ...chunk, text: ' wolf' } : chunk]),
    { code: 'CLIENT_TOKENS_UNVERIFIED', message: /the text is not what its tokens say/ },
  )
})

t.test('a dropped, repeated, or swapped token is found', async (t) => {
  await t.rejects(
    askLiar(() => (chunk, number) => (number === 3 ? [] : [chunk])),
    { code: 'CLIENT_TOKENS_UNVERIFIED' },
  )
  await t.rejects(
    askLiar(() => (chunk, number) => (number === 3 ? [chunk, chunk] : [chunk])),
    { code: 'CLIENT_TOKENS_UNVERIFIED' },
  )
  await t.rejects(
    askLiar(() => {
      let held: AnswerChunk | undefined
      return (chunk, number) => {
        if (number === 3) {
          held = chunk
          return []
        }
        if (number === 4 && held !== undefined) return [chunk, held]
        return [chunk]
      }
    }),
    { code: 'CLIENT_TOKENS_UNVERIFIED' },
  )
})

t.test('a window that is left out, moved or forged is found', async (t) => {
  await t.rejects(
    askLiar(() => (chunk) => [{ ...chunk, window: undefined }]),
    { code: 'CLIENT_TOKENS_UNVERIFIED', message: /more than 32 tokens are not signed/ },
  )
  await t.rejects(
    askLiar(() => {
      let windows = 0
      return (chunk) => (chunk.window !== undefined && windows++ === 1 ? [] : [chunk])
    }),
    { code: 'CLIENT_TOKENS_UNVERIFIED' },
  )
  await t.rejects(
    askLiar(() => (chunk) => {
      const { window } = chunk
      return [window === undefined ? chunk : { ...chunk, window: { ...window, signature: '00'.repeat(64) } }]
    }),
    { code: 'CLIENT_TOKENS_UNVERIFIED', message: /signature of window 0 does not hold/ },
  )
})

t.test('an answer that is cut short is found, also where the cut is between windows', async (t) => {
  await t.rejects(
    askLiar(() => (chunk, number) => (number > 50 ? [] : [chunk])),
    { code: 'CLIENT_TOKENS_UNVERIFIED', message: /its end is not signed/ },
  )
  await t.rejects(
    askLiar(() => (chunk, number) => (number > 32 ? [] : [chunk])),
    { code: 'CLIENT_TOKENS_UNVERIFIED', message: /its end is not signed/ },
  )
})

t.test("another answer's tokens and signatures are found", async (t) => {
  let first: AnswerChunk[] | undefined
  const replaying = (): Lie => {
    const earlier = first
    const own: AnswerChunk[] = []
    first ??= own
    return (chunk, number) => {
      own.push(chunk)
      const replayed = earlier?.[number]
      return [replayed ?? chunk]
    }
  }
  t.match(await askLiar(replaying), { isVerified: true })
  await t.rejects(askLiar(replaying), {
    code: 'CLIENT_TOKENS_UNVERIFIED',
    message: /signature of window 0 does not hold/,
  })
})

t.test('one choice that is passed off as another is found', async (t) => {
  const byChoice: AnswerChunk[][] = []
  const repeating = (): Lie => {
    const own: AnswerChunk[] = []
    byChoice.push(own)
    const isSecond = byChoice.length === 2
    return (chunk, number) => {
      own.push(chunk)
      return [isSecond ? (byChoice[0]?.[number] ?? chunk) : chunk]
    }
  }
  await t.rejects(askLiar(repeating, { ...content, choices: 2 }), { code: 'CLIENT_TOKENS_UNVERIFIED' })
})

t.test('an end that the model did not choose is no stop', async (t) => {
  await using cluster = await startAskedCluster({
    cacheFolder,
    workers: 1,
    // Asks the pipeline for less than the user asked for.
    disguise: (pipeline) => {
      const lying = lyingPipeline(pipeline, () => honest)
      return { ...lying, generate: (request) => lying.generate({ ...request, maxTokens: 10 }) }
    },
  })
  await t.rejects(askOnce(cluster), { code: 'CLIENT_TOKENS_UNVERIFIED', message: /did not end by length/ })
})

t.test('a validator that the user does not expect is refused before the first token', async (t) => {
  const stranger = await liar.user()
  const source = await liar.connect(undefined, { validators: [stranger.identity.id] })
  const answer = source.ask(content)
  const seen: string[] = []
  await t.rejects(
    async () => {
      for await (const event of answer) seen.push(event.type)
    },
    { code: 'CLIENT_VALIDATOR_UNEXPECTED' },
  )
  t.same(seen, [])
})
