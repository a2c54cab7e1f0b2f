import { startLocalCluster } from '@shardline/cli'
import type { LocalCluster } from '@shardline/cli'
import { silentLog } from '@shardline/core'
import type { Log } from '@shardline/core'
import type { AnswerChunk, GenerateRequest, StageReport } from '@shardline/driver'
import { resolveSampling } from '@shardline/engine'
import { verifyTokenWindow } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'
import { storyteller } from './test-models.ts'

/** Answers at the same time. */
export const STREAMS = 4
const ASK = '00000000-0000-4000-8000-000000000001'
/** Tokens of each. */
export const TOKENS = 40

/** A driver here, and processes that can be hit. */
export interface StruckCluster extends LocalCluster {
  /** Sends a signal to the process that holds a stage now. */
  signal(stage: 'worker 1' | 'worker 2' | 'validator', signal: NodeJS.Signals): number
}

/** Counts what stands by, and passes nothing on. */
function countingLog(onSpare: () => void): Log {
  return {
    ...silentLog,
    info: (event) => {
      if (event === 'spare-ready') onSpare()
    },
    child: () => silentLog,
  }
}

/** Two workers and a validator of the bundled model, and so many of each that stand by with their layers loaded. */
export async function startStruckCluster(cacheFolder: string, spares: number): Promise<StruckCluster> {
  let ready = 0
  let wake = (): void => undefined
  const log = countingLog(() => {
    ready += 1
    wake()
  })
  const init = { model: storyteller, workers: 2, spares, threads: 1, isSpinning: false, cacheFolder, log }
  const cluster = await startLocalCluster(init)
  // A worker and a validator stand by for each.
  while (ready < 2 * spares) {
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
  const place = { 'worker 1': 1, 'worker 2': 2, validator: 3 }
  return {
    ...cluster,
    signal: (stage, signal) => {
      const node = cluster.pipeline.stages[place[stage]]?.node
      const { pid } = cluster.processes.find(({ name }) => name === node) ?? {}
      if (pid === undefined || pid === process.pid) throw new Error(`nobody plays ${stage}`)
      process.kill(pid, signal)
      return pid
    },
  }
}

/** What of an answer must be the same whatever happens. */
export interface ToldAnswer {
  readonly text: string
  readonly tokenIds: readonly number[]
  readonly logprobs: readonly number[]
  readonly signed: readonly unknown[]
}

/**
 * Four answers at the same time, one of them to a prompt of some length; `disturb` is told how many tokens came of all,
 * `onSigner` who signed each window, in order.
 */
export async function tellAll(
  cluster: StruckCluster,
  disturb: (tokens: number) => void = () => undefined,
  onSigner: (signer: PartyId | undefined) => void = () => undefined,
): Promise<readonly ToldAnswer[]> {
  const { vocabularySize } = cluster.checkpoint.config
  const story = 'Once upon a time there was a fox who lived in a forest. '
  let tokens = 0
  const answers = Array.from({ length: STREAMS }, async (_, choice) => {
    const promptTokenIds = cluster.tokenizer?.encode(story.repeat(choice === 0 ? 12 : 1)) ?? []
    const request: GenerateRequest = {
      promptTokenIds,
      maxTokens: TOKENS,
      sampling: resolveSampling({ temperature: 0.8, seed: choice }, { vocabularySize }),
      stopStrings: [],
      isDigestWanted: false,
      signal: undefined,
      ask: { id: ASK, choice },
    }
    const validators = new Set([validatorOf(cluster.pipeline.stages)])
    const answer = cluster.pipeline.generate(request)
    const windows: Window[] = []
    for await (const { token, window, restaged } of answer) {
      if (restaged !== undefined) validators.add(validatorOf(restaged))
      if (window !== undefined) {
        onSigner(await signerOf(cluster, { choice, number: windows.length, window, validators }))
        windows.push(window)
      }
      if (token !== undefined) disturb(++tokens)
    }
    const { text, tokenIds, logprobs } = await answer.result
    // Another validator signs otherwise, but the same.
    const signed = windows.map(({ tokenIds: ids, end, previous }) => ({ ids, end, previous }))
    return { text, tokenIds, logprobs, signed }
  })
  return Promise.all(answers)
}

type Window = NonNullable<AnswerChunk['window']>

function validatorOf(stages: readonly StageReport[]): PartyId | undefined {
  return stages.find(({ role }) => role === 'validator')?.party
}

/** Which of the validators of an answer signed one of its windows. */
async function signerOf(
  cluster: StruckCluster,
  told: {
    readonly choice: number
    readonly number: number
    readonly window: Window
    readonly validators: ReadonlySet<PartyId | undefined>
  },
): Promise<PartyId | undefined> {
  const { choice, number, window, validators } = told
  const { tokenIds, end, previous, signature } = window
  const tokens = tokenIds.map((id) => ({ id, bytes: cluster.tokenizer?.tokenBytes(id) ?? new Uint8Array() }))
  const modelDigest = cluster.checkpoint.digest
  const signed = { ask: ASK, choice, modelDigest, window: number, end, tokens, previous }
  for (const signer of validators) {
    if (signer === undefined) continue
    if ((await verifyTokenWindow({ window: signed, signer, signature })) !== undefined) return signer
  }
  return undefined
}

/** Does something when so many tokens came; at 0 at once, while prompts run. */
export const at = (tokens: number, act: () => void): ((seen: number) => void) => {
  let isDone = tokens === 0
  if (isDone) setTimeout(act, 5)
  return (seen) => {
    if (isDone || seen < tokens) return
    isDone = true
    act()
  }
}
