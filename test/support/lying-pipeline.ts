import type { Answer, AnswerChunk, GenerateRequest, Pipeline } from '@shardline/driver'

/** Changes what a pipeline says, piece by piece; `number` counts the pieces of one answer from 0. */
export type Lie = (chunk: AnswerChunk, number: number) => readonly AnswerChunk[]

/** A pipeline whose driver lies about the answers. A new lie is made for every answer. */
export function lyingPipeline(honest: Pipeline, lieOf: () => Lie): Pipeline {
  return {
    id: honest.id,
    get epoch() {
      return honest.epoch
    },
    get repairs() {
      return honest.repairs
    },
    over: honest.over,
    get failure() {
      return honest.failure
    },
    get stages() {
      return honest.stages
    },
    converse: (options) => honest.converse(options),
    score: (request) => honest.score(request),
    participants: () => honest.participants(),
    receipts: (request) => honest.receipts(request),
    generate: (request) => lyingAnswer(honest, request, lieOf()),
    [Symbol.asyncDispose]: () => honest[Symbol.asyncDispose](),
  }
}

function lyingAnswer(honest: Pipeline, request: GenerateRequest, lie: Lie): Answer {
  const answer = honest.generate(request)
  return {
    result: answer.result,
    get session() {
      return answer.session
    },
    async *[Symbol.asyncIterator]() {
      let number = 0
      for await (const chunk of answer) yield* lie(chunk, number++)
    },
  }
}
