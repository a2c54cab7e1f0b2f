import { isExactShape } from '@shardline/engine'
import type { Checkpoint, ModelConfig, Precision, TensorDtype } from '@shardline/model'
import { packedBytes } from './packed-bytes.ts'
import { formatBytes, formatCount, formatTable } from '../console/format.ts'

/** Tensors of one element or block format. */
export interface DtypeCount {
  readonly dtype: TensorDtype
  readonly tensors: number
  readonly bytes: number
}

/** Memory that a part needs at one precision. */
export interface PartMemory {
  readonly precision: Precision
  /** Packed weights of one layer: of the largest, where they differ. */
  readonly layerBytes: number
  /** Packed weights of the LM head with the final norm. */
  readonly headBytes: number
}

/** What `shardline models inspect` says of a model. */
export interface Inspection {
  readonly reference: string
  readonly format: string
  readonly digest: string
  readonly config: ModelConfig
  readonly parameters: number
  readonly dtypes: readonly DtypeCount[]
  readonly memory: readonly PartMemory[]
  /** KV cache of one token in one layer. */
  readonly kvBytesPerTokenAndLayer: number
  /** Whether results are promised to be equal bit for bit however layers, batches and prompts are cut. */
  readonly isExact: boolean
  readonly hasTokenizer: boolean
  readonly hasChatTemplate: boolean
  readonly suggestedSampling: Checkpoint['suggestedSampling']
}

const PRECISIONS: readonly Precision[] = ['auto', 'int4', 'int8', 'f32']
const FLOAT_BYTES = 4
/** Looks into an open checkpoint. Reads descriptions only, no weights. */
export async function inspectCheckpoint(
  checkpoint: Checkpoint,
  facts: { readonly hasTokenizer: boolean },
): Promise<Inspection> {
  const { config, roles } = checkpoint
  return {
    reference: checkpoint.reference,
    format: checkpoint.format,
    digest: checkpoint.digest,
    config,
    parameters: [...checkpoint.tensors.values()].reduce((sum, { shape }) => sum + elementsOf(shape), 0),
    dtypes: countDtypes(checkpoint),
    memory: PRECISIONS.map((precision) => ({
      precision,
      layerBytes: Math.max(...roles.layers.map((layer) => packedBytes([...layer.values()], precision))),
      headBytes: packedBytes([roles.head, roles.outputNorm], precision),
    })),
    kvBytesPerTokenAndLayer: 2 * config.kvHeadCount * config.headSize * FLOAT_BYTES,
    isExact: isExactShape(config),
    hasTokenizer: facts.hasTokenizer,
    hasChatTemplate: checkpoint.chatTemplate() !== undefined,
    suggestedSampling: checkpoint.suggestedSampling,
  }
}

function countDtypes(checkpoint: Checkpoint): readonly DtypeCount[] {
  const counts = new Map<TensorDtype, DtypeCount>()
  for (const { dtype, byteLength } of checkpoint.tensors.values()) {
    const before = counts.get(dtype) ?? { dtype, tensors: 0, bytes: 0 }
    counts.set(dtype, { dtype, tensors: before.tensors + 1, bytes: before.bytes + byteLength })
  }
  return [...counts.values()].toSorted((a, b) => b.bytes - a.bytes)
}

function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** The object that `models inspect --json` prints. */
export function inspectionToJson(inspection: Inspection): Readonly<Record<string, unknown>> {
  const { config } = inspection
  return {
    reference: inspection.reference,
    format: inspection.format,
    digest: inspection.digest,
    family: config.family,
    parameters: inspection.parameters,
    layers: config.layerCount,
    hidden_size: config.hiddenSize,
    feed_forward_size: config.feedForwardSize,
    heads: config.headCount,
    kv_heads: config.kvHeadCount,
    head_size: config.headSize,
    vocabulary_size: config.vocabularySize,
    context_length: config.contextLength,
    is_tied: config.isTied,
    rope: { theta: config.rope.theta, scaling: config.rope.scaling.kind },
    tensors: inspection.dtypes,
    memory: Object.fromEntries(
      inspection.memory.map(({ precision, layerBytes, headBytes }) => [
        precision,
        { layer_bytes: layerBytes, head_bytes: headBytes },
      ]),
    ),
    kv_bytes_per_token_and_layer: inspection.kvBytesPerTokenAndLayer,
    is_exact: inspection.isExact,
    has_tokenizer: inspection.hasTokenizer,
    has_chat_template: inspection.hasChatTemplate,
    suggested_sampling: {
      temperature: inspection.suggestedSampling.temperature ?? null,
      top_p: inspection.suggestedSampling.topP ?? null,
      max_tokens: inspection.suggestedSampling.maxTokens ?? null,
    },
  }
}

/** The same for people. */
export function inspectionToText(inspection: Inspection): string {
  const { config } = inspection
  const heads = `${config.headCount} heads and ${config.kvHeadCount} KV heads of ${config.headSize}`
  const exact = inspection.isExact
    ? 'equal bit for bit, however layers, batches and prompts are cut (within one numeric class)'
    : `not promised to be equal bit for bit: the head size ${config.headSize} is beyond what was proven`
  const memory = inspection.memory.map(
    ({ precision, layerBytes, headBytes }) =>
      [precision, formatBytes(layerBytes), formatBytes(headBytes)] as const,
  )
  return [
    formatTable([
      ['model', inspection.reference],
      ['digest', inspection.digest],
      ['family', `${config.family}, ${inspection.format}`],
      ['parameters', formatCount(inspection.parameters)],
      [
        'shape',
        `${config.layerCount} layers, ${config.hiddenSize} wide, FFN ${config.feedForwardSize}, ${heads}`,
      ],
      ['vocabulary', `${formatCount(config.vocabularySize)}${config.isTied ? ', tied' : ''}`],
      [
        'context',
        `${formatCount(config.contextLength)} tokens, ${formatBytes(inspection.kvBytesPerTokenAndLayer)} of KV cache a token and layer`,
      ],
      [
        'tensors',
        inspection.dtypes
          .map(({ dtype, tensors, bytes }) => `${tensors} ${dtype} (${formatBytes(bytes)})`)
          .join(', '),
      ],
      [
        'tokenizer',
        `${inspection.hasTokenizer ? 'yes' : 'none: give token ids'}; chat template: ${inspection.hasChatTemplate ? 'yes' : 'none'}`,
      ],
      ['results', exact],
    ]),
    '\n',
    formatTable([['precision', 'a layer', 'the head'], ...memory]),
  ].join('')
}
