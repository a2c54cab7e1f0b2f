import type { ModelTensors, RoleTensor } from '../checkpoint.ts'
import { TensorMissingError, TensorShapeError, TensorTypeUnsupportedError } from '../errors.ts'
import { TENSOR_DTYPES } from '../format/registry.ts'
import type { ModelConfig } from '../model-config.ts'
import type { TensorTable } from '../tensor-table.ts'
import type { GlobalTensorRole, LayerTensorRole, TensorNames } from './tensor-roles.ts'
import { globalShape, layerShapes } from './tensor-roles.ts'

/** Where {@link locateTensors} looks. */
export interface TensorPlaces {
  /** What the user called the checkpoint, for messages. */
  readonly reference: string
  readonly table: TensorTable
  readonly names: TensorNames
  /** Whether rows of q and k are in the order of an interleaved rotary embedding. */
  readonly isRotaryInterleaved: boolean
}

const ROTATED: ReadonlySet<LayerTensorRole> = new Set(['q', 'k', 'qBias', 'kBias'])

/**
 * Finds every tensor that the model needs.
 *
 * @throws TensorMissingError, TensorShapeError or TensorTypeUnsupportedError for the first one that isn't as needed.
 */
export function locateTensors(places: TensorPlaces, config: ModelConfig): ModelTensors {
  const global = (role: GlobalTensorRole): RoleTensor =>
    locate(places, places.names.global(role), {
      shape: globalShape(role, config),
      interleavedHeadSize: undefined,
    })
  const shapes = layerShapes(config)
  const layers = Array.from({ length: config.layerCount }, (_, layer) => {
    const tensors = new Map<LayerTensorRole, RoleTensor>()
    for (const [role, shape] of shapes) {
      const interleavedHeadSize =
        places.isRotaryInterleaved && ROTATED.has(role) ? config.headSize : undefined
      tensors.set(role, locate(places, places.names.layer(role, layer), { shape, interleavedHeadSize }))
    }
    return tensors
  })
  const embedding = global('embedding')
  return {
    embedding,
    outputNorm: global('outputNorm'),
    head: config.isTied ? embedding : global('head'),
    layers,
  }
}

interface Wanted {
  readonly shape: readonly number[]
  readonly interleavedHeadSize: number | undefined
}

function locate(places: TensorPlaces, name: string, wanted: Wanted): RoleTensor {
  const { table, reference } = places
  const unsupported = table.unsupported.get(name)
  if (unsupported !== undefined) throw new TensorTypeUnsupportedError(name, unsupported, TENSOR_DTYPES)
  const entry = table.tensors.get(name)
  if (entry === undefined) throw new TensorMissingError(reference, name, wanted.shape)
  const isSame =
    entry.shape.length === wanted.shape.length && entry.shape.every((size, i) => size === wanted.shape[i])
  if (!isSame) throw new TensorShapeError(name, entry.shape, wanted.shape)
  return { entry, interleavedHeadSize: wanted.interleavedHeadSize }
}
