import { ConfigInvalidError, FeatureUnsupportedError, RopeScalingUnsupportedError } from '../errors.ts'
import type { RopeConfig, RopeScaling } from '../model-config.ts'
import type { ConfigReader } from './config-reader.ts'
import type { TensorFacts } from './family.ts'

const SUPPORTED = ['none', 'default', 'linear', 'llama3']
const POSITIONS = { min: 1, max: 2 ** 31 }
const THETA_DEFAULT = 10_000

/**
 * Reads the rotary embedding of a config.json: `rope_parameters`, or `rope_theta` with `rope_scaling`.
 *
 * @throws RopeScalingUnsupportedError on a kind of scaling that Shardline does not know.
 */
export function readHuggingFaceRope(reader: ConfigReader): RopeConfig {
  const parameters = reader.object('rope_parameters')
  const scaling = reader.has('rope_scaling') ? reader.object('rope_scaling') : parameters
  for (const place of [reader, parameters]) checkPartialRotation(place)
  const theta = parameters.has('rope_theta')
    ? parameters.positive('rope_theta')
    : reader.positiveOr('rope_theta', THETA_DEFAULT)
  return { theta, scaling: readHuggingFaceScaling(scaling) }
}

function checkPartialRotation(reader: ConfigReader): void {
  const factor = reader.positiveOr('partial_rotary_factor', 1)
  if (factor !== 1)
    throw new FeatureUnsupportedError(
      reader.source,
      `only ${factor} of each head is rotated; all of it must be`,
    )
}

function readHuggingFaceScaling(reader: ConfigReader): RopeScaling {
  const kind = reader.text('rope_type') ?? reader.text('type') ?? 'default'
  switch (kind) {
    case 'default':
    case 'none':
      return { kind: 'none' }
    case 'linear':
      return { kind: 'linear', factor: reader.positive('factor') }
    case 'llama3':
      return checkLlama3(reader, {
        kind: 'llama3',
        factor: reader.positive('factor'),
        lowFrequencyFactor: reader.positive('low_freq_factor'),
        highFrequencyFactor: reader.positive('high_freq_factor'),
        originalContextLength: reader.integer('original_max_position_embeddings', POSITIONS),
      })
    default:
      throw new RopeScalingUnsupportedError(kind, SUPPORTED)
  }
}

function checkLlama3(reader: ConfigReader, scaling: Extract<RopeScaling, { kind: 'llama3' }>): RopeScaling {
  if (scaling.highFrequencyFactor <= scaling.lowFrequencyFactor)
    throw new ConfigInvalidError(
      reader.source,
      `high_freq_factor is ${scaling.highFrequencyFactor}; it must be above low_freq_factor, which is ${scaling.lowFrequencyFactor}`,
    )
  return scaling
}

/**
 * Reads the rotary embedding of a GGUF file. Llama-3 scaling has no key of its own there: converters write the divisor of each
 * frequency into the tensor `rope_freqs.weight`.
 *
 * @throws RopeScalingUnsupportedError on a kind of scaling that Shardline does not know.
 */
export function readGgufRope(reader: ConfigReader, facts: TensorFacts): RopeConfig {
  const theta = reader.positiveOr('rope.freq_base', THETA_DEFAULT)
  const scaling = readGgufScaling(reader)
  if (facts.ropeFactors === undefined) return { theta, scaling }
  if (scaling.kind !== 'none')
    throw new ConfigInvalidError(
      reader.source,
      `it scales the rotary embedding twice: ${scaling.kind} and by a tensor`,
    )
  return { theta, scaling: { kind: 'factors', factors: facts.ropeFactors } }
}

function readGgufScaling(reader: ConfigReader): RopeScaling {
  const kind = reader.text('rope.scaling.type') ?? (reader.has('rope.scale_linear') ? 'linear' : 'none')
  if (kind === 'none') return { kind: 'none' }
  if (kind !== 'linear') throw new RopeScalingUnsupportedError(kind, SUPPORTED)
  const key = reader.has('rope.scaling.factor') ? 'rope.scaling.factor' : 'rope.scale_linear'
  const factor = reader.positive(key)
  return factor === 1 ? { kind: 'none' } : { kind: 'linear', factor }
}
