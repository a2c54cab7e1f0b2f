import { formatLayerRange } from '@shardline/core'
import type { AnswerResult, PipelinePrediction, ScoreResult, StageReport } from '@shardline/driver'
import type { SamplingOptions } from '@shardline/engine'
import type { ClusterProcess } from '../cluster/cluster-process.ts'
import { compareStep } from './compare-step.ts'

/** What the JSON results say about the run beside its result. */
export interface RunFacts {
  readonly model: string
  readonly modelDigest: string
  readonly precision: string
  /** Processes that are known to this one, by which a stage's process id is found. */
  readonly processes: readonly ClusterProcess[]
}

/** Best alternatives of each token, where they were asked for. */
export interface TopAlternatives {
  readonly ids: readonly (readonly number[])[]
  readonly logprobs: readonly (readonly number[])[]
}

/** What {@link answerToJson} is made from. */
export interface AnswerFacts {
  readonly result: AnswerResult
  readonly facts: RunFacts
  readonly sampling: SamplingOptions
  /** False if there was no tokenizer: then there is no text. */
  readonly hasText: boolean
  readonly top: TopAlternatives | undefined
  /** What was foretold of the pipeline's speed. @default nothing */
  readonly prediction?: PipelinePrediction | undefined
}

/** The object that `generate --json` prints. */
export function answerToJson(answer: AnswerFacts): Readonly<Record<string, unknown>> {
  const { result, sampling } = answer
  return {
    text: answer.hasText ? result.text : null,
    prompt_token_ids: result.promptTokenIds,
    token_ids: result.tokenIds,
    logprobs: result.logprobs,
    ...(answer.top === undefined ? {} : { top_ids: answer.top.ids, top_logprobs: answer.top.logprobs }),
    finish_reason: result.finishReason,
    ...factsToJson(answer.facts),
    sampling: {
      temperature: sampling.temperature,
      top_k: sampling.topK,
      top_p: sampling.topP,
      min_p: sampling.minP,
      repetition_penalty: sampling.repetitionPenalty,
      presence_penalty: sampling.presencePenalty,
      frequency_penalty: sampling.frequencyPenalty,
    },
    seed: sampling.seed,
    stages: stagesToJson(result.stages, answer.facts.processes),
    prefill_tokens: result.timings.prefillTokens,
    prefill_tokens_per_second: result.timings.prefillTokensPerSecond,
    decode_tokens_per_second: result.timings.decodeTokensPerSecond,
    time_to_first_token_ms: result.timings.timeToFirstTokenMs,
    token_ms: stepToJson(result, answer.prediction),
    reused_tokens: result.reusedTokens,
    digest: result.digest ?? null,
  }
}

/** A token's time, foretold and measured; null without either. */
function stepToJson(
  result: AnswerResult,
  prediction: PipelinePrediction | undefined,
): Readonly<Record<string, unknown>> | null {
  const step = compareStep(result, prediction)
  if (step === undefined) return null
  const { driverMs, entryMs, stages } = step.predicted
  return {
    planned: step.plannedMs,
    predicted: step.predictedMs,
    measured: step.measuredMs,
    measured_step: step.measuredStepMs,
    predicted_parts: {
      driver_ms: driverMs,
      entry_ms: entryMs,
      stages: stages.map(({ node, layers, computeMs, linkMs, isMeasured }) => ({
        node,
        layers: layers === undefined ? null : formatLayerRange(layers),
        compute_ms: computeMs,
        link_ms: linkMs,
        is_measured: isMeasured,
      })),
    },
  }
}

/** The object that `score --json` prints. */
export function scoreToJson(result: ScoreResult, facts: RunFacts): Readonly<Record<string, unknown>> {
  return {
    token_ids: result.tokenIds,
    logprobs: result.logprobs,
    top_ids: result.topIds,
    top_logprobs: result.topLogprobs,
    mean_nll: result.meanNll,
    perplexity: Math.exp(result.meanNll),
    ...factsToJson(facts),
    stages: stagesToJson(result.stages, facts.processes),
    digest: result.digest ?? null,
  }
}

/** Stages in the order that a token takes. */
export function stagesToJson(
  stages: readonly StageReport[],
  processes: readonly ClusterProcess[],
): readonly Readonly<Record<string, unknown>>[] {
  return stages.map((stage) => ({
    role: stage.role,
    layers: stage.layers === undefined ? null : formatLayerRange(stage.layers),
    process: processes.find((process) => process.address === stage.address)?.pid ?? null,
    address: stage.address,
    node: stage.node,
    ms: stage.computeMs,
    rows: stage.rows,
    decode_ms: stage.decodeComputeMs ?? null,
    hop_ms: stage.hopMs ?? null,
    load_ms: stage.loadMs,
    packed_bytes: stage.packedBytes,
    numeric_class: stage.numericClass,
  }))
}

function factsToJson(facts: RunFacts): Readonly<Record<string, unknown>> {
  return { model: facts.model, model_digest: facts.modelDigest, precision: facts.precision }
}
