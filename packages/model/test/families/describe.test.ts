import t from 'tap'
import type { GgufTypedValue } from '../../src/gguf/gguf-writer.ts'
import { encodeGguf } from '../../src/gguf/gguf-writer.ts'
import type { ModelConfig } from '../../src/model-config.ts'
import { openCheckpointFiles } from '../../src/open-checkpoint.ts'
import { ropeFrequencies } from '../../src/rope-frequencies.ts'
import { SeededRandom } from '@shardline/core'
import { MemoryFiles } from '../support/memory-files.ts'
import type { TinyTensor } from '../support/tiny-model.ts'
import {
  TINY,
  encodeFloats,
  tinyConfig,
  tinyGguf,
  tinyGgufTensors,
  tinyHuggingFace,
  tinyMetadata,
  tinyTensors,
} from '../support/tiny-model.ts'

const TENSORS = tinyTensors(new SeededRandom(3))

/** The config that a checkpoint is described with. */
async function configOf(files: MemoryFiles): Promise<ModelConfig> {
  await using checkpoint = await openCheckpointFiles(files)
  return checkpoint.config
}

/** The tiny model's tensors with vectors of these lengths added to each layer. */
function withVectors(vectors: Readonly<Record<string, number>>): ReadonlyMap<string, TinyTensor> {
  const tensors = new Map(TENSORS)
  for (let layer = 0; layer < TINY.layers; layer++) {
    for (const [name, length] of Object.entries(vectors)) {
      tensors.set(`model.layers.${layer}.${name}`, {
        shape: [length],
        values: new Float32Array(length).fill(1),
      })
    }
  }
  return tensors
}

const QKV_BIAS = { 'self_attn.q_proj.bias': 32, 'self_attn.k_proj.bias': 16, 'self_attn.v_proj.bias': 16 }
const QK_NORM = { 'self_attn.q_norm.weight': 16, 'self_attn.k_norm.weight': 16 }

t.test('a Llama of either format has the same config', async (t) => {
  const config = await configOf(tinyHuggingFace(TENSORS))
  t.match(config, {
    family: 'llama',
    layerCount: 2,
    hiddenSize: 32,
    feedForwardSize: 64,
    headCount: 2,
    kvHeadCount: 1,
    headSize: 16,
    vocabularySize: 40,
    contextLength: 128,
    rope: { theta: 10_000, scaling: { kind: 'none' } },
    hasQkvBias: false,
    hasQkNorm: false,
    isTied: false,
  })
  const gguf = await configOf(tinyGguf(TENSORS))
  t.strictSame({ ...gguf, normEpsilon: config.normEpsilon }, config)
  t.ok(Math.abs(gguf.normEpsilon - config.normEpsilon) < 1e-12)
})

t.test('families differ in biases and norms', async (t) => {
  const qwen2 = tinyHuggingFace(withVectors(QKV_BIAS), tinyConfig({ architectures: ['Qwen2ForCausalLM'] }))
  t.match(await configOf(qwen2), {
    family: 'qwen2',
    hasQkvBias: true,
    hasAttentionOutputBias: false,
    hasQkNorm: false,
  })
  const qwen3 = tinyHuggingFace(
    withVectors(QK_NORM),
    tinyConfig({ architectures: ['Qwen3ForCausalLM'], head_dim: 16 }),
  )
  t.match(await configOf(qwen3), { family: 'qwen3', hasQkvBias: false, hasQkNorm: true })
  const mistral = tinyHuggingFace(
    TENSORS,
    tinyConfig({ architectures: ['MistralForCausalLM'], sliding_window: null }),
  )
  t.match(await configOf(mistral), { family: 'mistral', hasQkvBias: false })
  const biased = withVectors({ ...QKV_BIAS, 'self_attn.o_proj.bias': 32 })
  const llama = tinyHuggingFace(biased, tinyConfig({ attention_bias: true }))
  t.match(await configOf(llama), {
    hasQkvBias: true,
    hasAttentionOutputBias: true,
    hasFeedForwardBias: false,
  })
})

t.test('GGUF files of Qwen2 and Qwen3 are read', async (t) => {
  const qwen3 = tinyGguf(withVectors(QK_NORM), tinyMetadata('qwen3'))
  t.match(await configOf(qwen3), { family: 'qwen3', hasQkNorm: true, hasQkvBias: false })
  await t.rejects(configOf(tinyGguf(TENSORS, tinyMetadata('qwen2'))), {
    code: 'MODEL_TENSOR_MISSING',
    message: /blk\.0\.attn_q\.bias.*\[32\]/,
  })
})

t.test('a model is tied if it says so or has no head', async (t) => {
  const headless = new Map([...TENSORS].filter(([name]) => name !== 'lm_head.weight'))
  t.equal((await configOf(tinyHuggingFace(headless))).isTied, true)
  t.equal((await configOf(tinyGguf(headless))).isTied, true)
  const flagged = tinyHuggingFace(TENSORS, tinyConfig({ tie_word_embeddings: true }))
  await using checkpoint = await openCheckpointFiles(flagged)
  t.equal(checkpoint.roles.head.entry.name, 'model.embed_tokens.weight')
})

t.test('rope scaling', async (t) => {
  const scalingOf = async (changes: Readonly<Record<string, unknown>>): Promise<unknown> =>
    (await configOf(tinyHuggingFace(TENSORS, tinyConfig(changes)))).rope
  const llama3 = {
    rope_type: 'llama3',
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 64,
  }
  const expected = {
    theta: 500_000,
    scaling: {
      kind: 'llama3',
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContextLength: 64,
    },
  }
  t.strictSame(await scalingOf({ rope_theta: 500_000, rope_scaling: llama3 }), expected, 'older form')
  t.strictSame(
    await scalingOf({ rope_parameters: { rope_theta: 500_000, ...llama3 } }),
    expected,
    'newer form',
  )
  t.strictSame(await scalingOf({ rope_scaling: { type: 'linear', factor: 2 } }), {
    theta: 10_000,
    scaling: { kind: 'linear', factor: 2 },
  })
  await t.rejects(scalingOf({ rope_scaling: { rope_type: 'yarn', factor: 2 } }), {
    code: 'MODEL_ROPE_SCALING_UNSUPPORTED',
    message: /"yarn".*none, default, linear, llama3/,
  })
  await t.rejects(scalingOf({ rope_scaling: { rope_type: 'llama3' } }), { code: 'MODEL_CONFIG_INVALID' })
  await t.rejects(scalingOf({ partial_rotary_factor: 0.5 }), { code: 'MODEL_FEATURE_UNSUPPORTED' })
})

t.test('rope scaling in GGUF files', async (t) => {
  const factors = Float32Array.of(1, 1, 1, 1, 2, 4, 8, 8)
  const gguf = (
    values: Float32Array,
    extra: readonly (readonly [string, GgufTypedValue])[] = [],
  ): MemoryFiles => {
    const tensors = [
      ...tinyGgufTensors(TENSORS),
      {
        name: 'rope_freqs.weight',
        dtype: 'F32' as const,
        shape: [values.length],
        bytes: () => encodeFloats(values, 'F32'),
      },
    ]
    return new MemoryFiles({
      'm.gguf': encodeGguf({ metadata: new Map([...tinyMetadata(), ...extra]), tensors }),
    })
  }
  const { rope } = await configOf(gguf(factors))
  t.strictSame(rope.scaling, { kind: 'factors', factors: [...factors] })
  await t.rejects(configOf(gguf(factors.subarray(1))), { code: 'MODEL_CONFIG_INVALID' })
  await t.rejects(configOf(gguf(factors.map(() => NaN))), { code: 'MODEL_CONFIG_INVALID' })
  const linear: readonly (readonly [string, GgufTypedValue])[] = [
    ['llama.rope.scaling.type', { type: 'string', value: 'linear' }],
    ['llama.rope.scaling.factor', { type: 'f32', value: 4 }],
  ]
  await t.rejects(configOf(gguf(factors, linear)), { code: 'MODEL_CONFIG_INVALID' }, 'scaled twice')
  t.strictSame((await configOf(tinyGguf(TENSORS, new Map([...tinyMetadata(), ...linear])))).rope.scaling, {
    kind: 'linear',
    factor: 4,
  })
  const yarn = new Map(tinyMetadata()).set('llama.rope.scaling.type', { type: 'string', value: 'yarn' })
  await t.rejects(configOf(tinyGguf(TENSORS, yarn)), { code: 'MODEL_ROPE_SCALING_UNSUPPORTED' })
})

t.test('what cannot be run is refused by name', async (t) => {
  const refuses = async (
    changes: Readonly<Record<string, unknown>>,
    code: string,
    message: RegExp,
  ): Promise<void> => {
    await t.rejects(configOf(tinyHuggingFace(TENSORS, tinyConfig(changes))), { code, message })
  }
  await refuses(
    { architectures: ['GemmaForCausalLM'] },
    'MODEL_ARCHITECTURE_UNSUPPORTED',
    /"GemmaForCausalLM".*Llama.*Mistral.*Qwen2.*Qwen3/,
  )
  await refuses({ hidden_act: 'gelu' }, 'MODEL_ACTIVATION_UNSUPPORTED', /"gelu".*silu/)
  await refuses(
    { architectures: ['MistralForCausalLM'], sliding_window: 64 },
    'MODEL_SLIDING_WINDOW_UNSUPPORTED',
    /64 tokens.*128/,
  )
  await refuses(
    { architectures: ['Qwen2ForCausalLM'], use_sliding_window: true, sliding_window: 64 },
    'MODEL_SLIDING_WINDOW_UNSUPPORTED',
    /64/,
  )
  await refuses(
    { layer_types: ['full_attention', 'sliding_attention'] },
    'MODEL_FEATURE_UNSUPPORTED',
    /sliding_attention/,
  )
  await refuses({ quantization_config: { quant_method: 'gptq' } }, 'MODEL_FEATURE_UNSUPPORTED', /"gptq"/)
  await refuses({ num_key_value_heads: 3 }, 'MODEL_CONFIG_INVALID', /3 KV heads/)
  await refuses({ num_attention_heads: 3 }, 'MODEL_CONFIG_INVALID', /32 does not divide among 3/)
  await refuses({ head_dim: 15 }, 'MODEL_FEATURE_UNSUPPORTED', /15/)
  await refuses({ hidden_size: undefined }, 'MODEL_CONFIG_INVALID', /hidden_size is missing/)
  await refuses({ num_hidden_layers: 1e9 }, 'MODEL_CONFIG_INVALID', /num_hidden_layers/)
  await refuses({ eos_token_id: [1, 40] }, 'MODEL_CONFIG_INVALID', /40 is not in the vocabulary/)
  const gguf = (key: string, value: GgufTypedValue): MemoryFiles =>
    tinyGguf(TENSORS, new Map(tinyMetadata()).set(key, value))
  const u32 = (value: number): GgufTypedValue => ({ type: 'u32', value })
  await t.rejects(configOf(tinyGguf(TENSORS, tinyMetadata('gemma'))), {
    message: /"gemma".*llama, qwen2, qwen3/,
  })
  await t.rejects(configOf(gguf('llama.expert_count', u32(8))), { code: 'MODEL_FEATURE_UNSUPPORTED' })
  await t.rejects(configOf(gguf('llama.rope.dimension_count', u32(8))), { code: 'MODEL_FEATURE_UNSUPPORTED' })
  await t.rejects(configOf(gguf('llama.attention.sliding_window', u32(64))), {
    code: 'MODEL_SLIDING_WINDOW_UNSUPPORTED',
  })
  await t.rejects(configOf(gguf('split.count', u32(3))), { code: 'MODEL_CONFIG_INVALID', message: /3 files/ })
})

t.test(
  'a missing, misshapen or unreadable tensor is refused by name before anything is loaded',
  async (t) => {
    const name = 'model.layers.1.mlp.up_proj.weight'
    const without = new Map([...TENSORS].filter(([other]) => other !== name))
    await t.rejects(configOf(tinyHuggingFace(without)), {
      code: 'MODEL_TENSOR_MISSING',
      message: /up_proj.*\[64, 32\]/,
    })
    const misshapen = new Map(TENSORS).set(name, { shape: [32, 64], values: new Float32Array(2048) })
    await t.rejects(configOf(tinyHuggingFace(misshapen)), {
      code: 'MODEL_TENSOR_SHAPE',
      message: /up_proj.*\[32, 64\].*\[64, 32\]/,
    })
    const files = tinyHuggingFace(TENSORS)
    const source = await files.open('model.safetensors')
    const bytes = Buffer.from(await source.read(0, source.sizeBytes))
    bytes.write('"F64"', bytes.indexOf('"F32"', bytes.indexOf(name)))
    await t.rejects(configOf(files.with({ 'model.safetensors': bytes })), {
      code: 'MODEL_TENSOR_TYPE_UNSUPPORTED',
      message: /up_proj.*"F64".*F32, F16, BF16, Q4_0/,
    })
  },
)

t.test('rotary frequencies follow their definitions', (t) => {
  const plain = ropeFrequencies({ theta: 10_000, scaling: { kind: 'none' } }, 8)
  t.strictSame(
    [...plain].map((f) => Number(f.toPrecision(12))),
    [1, 0.1, 0.01, 0.001],
  )
  const halved = ropeFrequencies({ theta: 10_000, scaling: { kind: 'linear', factor: 2 } }, 8)
  t.strictSame(
    [...halved],
    [...plain].map((f) => f / 2),
  )
  const own = ropeFrequencies({ theta: 10_000, scaling: { kind: 'factors', factors: [1, 2, 4, 8] } }, 8)
  t.strictSame(
    [...own],
    [...plain].map((f, i) => f / 2 ** i),
  )
  const scaling = {
    kind: 'llama3',
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalContextLength: 64,
  } as const
  const llama3 = ropeFrequencies({ theta: 10_000, scaling }, 8)
  // Wavelengths 6.3, 62.8, 628 and 6283: short is kept, long is divided by 8, and 62.8 is 64/62.8 = 1.0186 turns, barely blended.
  const kept = (64 / (2 * Math.PI * 10) - 1) / 3
  t.equal(llama3[0], 1)
  t.ok(Math.abs((llama3[1] ?? 0) - 0.1 * (kept + (1 - kept) / 8)) < 1e-15)
  t.strictSame([llama3[2], llama3[3]], [(plain[2] ?? 0) / 8, (plain[3] ?? 0) / 8])
  t.end()
})
