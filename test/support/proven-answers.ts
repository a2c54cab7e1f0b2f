import { randomUUID } from 'node:crypto'
import { systemClock } from '@shardline/core'
import type { GenerateRequest, PipelineReceipts } from '@shardline/driver'
import { resolveSampling } from '@shardline/engine'
import { checkReceipts, modelId, requestId, verifyReceipts } from '@shardline/market'
import type { ReceiptOutcome, VerifiedReceipts } from '@shardline/market'
import type { MemoryCluster } from './memory-cluster.ts'

/** The bundled model as the market names it. */
export const MODEL: ReturnType<typeof modelId> = modelId('storyteller/q4')
/** The claim under which receipts are signed. */
export const FENCE = 2
/** Enough for more than one window. */
const OUTPUT = 40

/** A request whose answer is to be proven. */
export const requestOf = (cluster: MemoryCluster, more: Partial<GenerateRequest> = {}): GenerateRequest => ({
  promptTokenIds: cluster.encode('Once upon a time there was a little robot who'),
  maxTokens: OUTPUT,
  sampling: resolveSampling(
    { temperature: 0.8, seed: 7 },
    { vocabularySize: cluster.checkpoint.config.vocabularySize },
  ),
  stopStrings: [],
  isDigestWanted: false,
  signal: undefined,
  isProven: true,
  ...more,
})

/** What was answered, and its receipts. */
export interface ProvenAnswer extends PipelineReceipts {
  readonly ask: string
  readonly prompt: number
  readonly output: number
  /** Names of the answers' sessions at their end. */
  readonly sessions: readonly string[]
}

/** Receipts for the answers to these requests, which run side by side; `onChunk` hears of each piece. */
export async function proven(
  cluster: MemoryCluster,
  requests: readonly GenerateRequest[],
  onChunk: (chunks: number) => void = () => undefined,
): Promise<ProvenAnswer> {
  let chunks = 0
  const answers = await Promise.all(
    requests.map(async (request) => {
      const answer = cluster.pipeline.generate(request)
      for await (const _chunk of answer) onChunk(++chunks)
      return answer.result
    }),
  )
  const output = answers.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0)
  const prompt = answers[0]?.promptTokenIds.length ?? 0
  const ask = randomUUID()
  const terms = { ask, fence: FENCE, model: MODEL, promptTokens: prompt, outputTokens: output }
  const sessions = answers.map(({ session }) => session ?? 'none')
  const { identity, pipeline } = cluster
  return { ask, prompt, output, sessions, ...(await pipeline.receipts({ sessions, terms, identity })) }
}

/** What the market makes of it. */
export async function judged(
  cluster: MemoryCluster,
  it: ProvenAnswer,
): Promise<ReceiptOutcome | VerifiedReceipts> {
  const verified = await verifyReceipts(it.receipts, systemClock)
  if (!verified.ok) return verified
  const plan = {
    request: requestId(it.ask),
    model: MODEL,
    numericClass: verified.bodies[0]?.numericClass ?? '',
    driver: cluster.identity.id,
    participants: it.participants,
    promptTokensMax: 100,
    outputTokensMax: 100,
  }
  const { layerCount } = cluster.checkpoint.config
  return checkReceipts({ plan, receipts: verified.bodies, fence: FENCE, layerCount })
}
