import { epoch, fromUnknown, pipelineId } from '@shardline/core'
import type { ShardlineError } from '@shardline/core'
import type { Identity, PartyId } from '@shardline/identity'
import type {
  Answer,
  AnswerChunk,
  AnswerResult,
  GenerateRequest,
  Pipeline,
  PipelineParticipants,
  PipelineReceipts,
  ReceiptsRequest,
  StageReport,
} from '../../src/index.ts'

interface Settle {
  readonly resolve: (result: AnswerResult) => void
  readonly reject: (error: Error) => void
}

async function drain(chunks: AsyncIterator<AnswerChunk>): Promise<void> {
  try {
    while ((await chunks.next()).done !== true);
  } catch {
    // It shows in the result.
  }
}

/** A pipeline that says what it is told to, one token after the other. */
export class ScriptedPipeline implements Pipeline {
  readonly id: Pipeline['id'] = pipelineId('scripted')
  readonly epoch: Pipeline['epoch'] = epoch(1)
  readonly repairs: Pipeline['repairs'] = {
    attempts: 0,
    done: 0,
    failed: 0,
    restarts: 0,
    lastRepairMs: undefined,
  } as unknown as Pipeline['repairs']
  readonly failure: ShardlineError | undefined = undefined
  readonly requests: GenerateRequest[] = []
  readonly receiptRequests: ReceiptsRequest[] = []
  /** Called before each token of each answer. */
  onToken: (index: number) => Promise<void> = async () => undefined
  /** Before the token of this index, stages were replaced. */
  restageAt: number | undefined
  /** Thrown instead of receipts. */
  receiptsFailure: Error | undefined
  /** Called before receipts are given. */
  onReceipts: (request: ReceiptsRequest) => Promise<void> = async () => undefined
  /** Tokens that it would say. */
  tokens = 8
  workers: readonly PartyId[]
  readonly validator: Identity
  readonly #over = new AbortController()

  constructor(workers: readonly PartyId[], validator: Identity) {
    this.workers = workers
    this.validator = validator
  }

  get over(): AbortSignal {
    return this.#over.signal
  }

  get stages(): readonly StageReport[] {
    const stage = {
      address: '',
      packedBytes: 0,
      loadMs: 0,
      numericClass: 'toy',
      computeMs: 0,
      rows: 0,
      decodeComputeMs: undefined,
      hopMs: undefined,
      layers: undefined,
    }
    return [
      { ...stage, node: 'd', role: 'driver', numericClass: '' },
      ...this.workers.map(
        (party, index) =>
          ({
            ...stage,
            node: `w${index}`,
            role: 'worker',
            party,
            layers: { first: index * 2, count: 2 },
          }) as const,
      ),
      { ...stage, node: 'v', role: 'validator', party: this.validator.id },
    ]
  }

  participants(): PipelineParticipants {
    const workers = this.workers.map((node, index) => ({ node, first: index * 2, last: index * 2 + 1 }))
    return { validator: this.validator.id, workers, layerCount: this.workers.length * 2 }
  }

  async receipts(request: ReceiptsRequest): Promise<PipelineReceipts> {
    this.receiptRequests.push(request)
    if (this.receiptsFailure !== undefined) throw this.receiptsFailure
    const participants = this.participants()
    await this.onReceipts(request)
    const receipts = [{ ...request.terms }] as unknown as PipelineReceipts['receipts']
    return { participants, receipts }
  }

  generate(request: GenerateRequest): Answer {
    this.requests.push(request)
    const session = `session ${this.requests.length}`
    let settle: Settle = { resolve: () => undefined, reject: () => undefined }
    const result = new Promise<AnswerResult>((resolve, reject) => {
      settle = { resolve, reject }
    })
    result.catch(() => undefined)
    const chunks = this.#say(request, session, settle)
    // As of a real one: who only awaits the result gets it too.
    const all = chunks[Symbol.asyncIterator]()
    const answer: Answer = { result, session, [Symbol.asyncIterator]: () => all }
    return new Proxy(answer, {
      get: (target, name) => {
        if (name === 'result') void drain(all)
        return Reflect.get(target, name) as unknown
      },
    })
  }

  converse(): never {
    throw new Error('not in this test')
  }

  score(): never {
    throw new Error('not in this test')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
  }

  async *#say(
    request: GenerateRequest,
    session: string,
    done: Settle,
  ): AsyncGenerator<AnswerChunk, undefined> {
    const tokenIds: number[] = []
    const count = Math.min(this.tokens, request.maxTokens)
    try {
      while (tokenIds.length < count) {
        await this.onToken(tokenIds.length)
        if (request.signal?.aborted === true) break
        if (tokenIds.length === this.restageAt) yield { text: '', token: undefined, restaged: this.stages }
        tokenIds.push(1)
        yield { text: 'a', token: { id: 1, logprob: 0, top: [] } }
      }
    } catch (cause) {
      done.reject(fromUnknown(cause))
      throw cause
    }
    const timings = {
      timeToFirstTokenMs: 1,
      prefillTokens: 1,
      prefillTokensPerSecond: 1,
      decodeTokensPerSecond: 40,
      stepMs: [],
      tokenMs: [],
    }
    done.resolve({
      text: 'a'.repeat(tokenIds.length),
      promptTokenIds: request.promptTokenIds,
      tokenIds,
      logprobs: [],
      finishReason: tokenIds.length < count ? 'aborted' : 'length',
      digest: undefined,
      ...(request.isProven === true ? { session } : {}),
      reusedTokens: 0,
      timings,
      stages: this.stages,
    })
    return undefined
  }
}
