import type { Clock, Log, Milliseconds, Random } from '@shardline/core'
import type { Checkpoint, OpenCheckpointOptions } from '@shardline/model'
import { FilesWeightPeer, ListedFiles, openCheckpointFiles, resolveReference } from '@shardline/model'
import type { Transport, WireWeights } from '@shardline/wire'
import { NEXT_DIAL_MS_MAX, WEIGHTS_IDLE_MS, WEIGHTS_SILENCE_MS_MAX } from '../limits.ts'
import type { LoadProgress } from '../node-role.ts'
import { LinkedWeightPeer } from './linked-weight-peer.ts'

/** What a {@link WeightTaker} works with. */
export interface WeightTakerComponents {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Settings of a {@link WeightTaker}. */
export interface WeightTakerOptions {
  /** How models are found and kept. */
  readonly checkpoints: OpenCheckpointOptions
  /** Longest time to reach a node that holds a model, in milliseconds. @default NEXT_DIAL_MS_MAX */
  readonly weightsDialMsMax?: Milliseconds
  /** Longest wait for a range, in milliseconds. @default WEIGHTS_SILENCE_MS_MAX */
  readonly weightsSilenceMsMax?: Milliseconds
  /** Time without an ask after which a link for weights is closed, in milliseconds. @default WEIGHTS_IDLE_MS */
  readonly weightsIdleMs?: Milliseconds
}

/** A model that is read from other nodes. */
export interface TakenModel {
  readonly checkpoint: Checkpoint
  /** Adds nodes that hold it too; those that had failed are asked again. */
  welcome(sources: readonly string[]): void
}

/** Opens models whose files other nodes hold, with the hub as the last one that is asked. */
export class WeightTaker {
  readonly #components: WeightTakerComponents
  readonly #options: WeightTakerOptions

  constructor(components: WeightTakerComponents, options: WeightTakerOptions) {
    this.#components = components
    this.#options = options
  }

  /**
   * Opens a model that a plan lists. Fetches descriptions and headers now, weights when they are read.
   *
   * @throws WeightsUnavailableError if nobody gives them; what opening a checkpoint throws.
   */
  async open(reference: string, weights: WireWeights, onProgress: LoadProgress): Promise<TakenModel> {
    const { checkpoints } = this.#options
    const files = new ListedFiles({
      ...checkpoints,
      ...this.#components,
      reference,
      files: weights.files,
      onProgress,
    })
    const welcome = (sources: readonly string[]): void => {
      for (const address of sources) files.crew.add(this.#peer(address))
    }
    welcome(weights.sources)
    const hub = new FilesWeightPeer(reference, () => resolveReference(reference, checkpoints))
    files.crew.add(hub, { isLast: true })
    this.#components.log.info('weights-from-nodes', { model: reference, sources: weights.sources.length })
    return { checkpoint: await openCheckpointFiles(files, checkpoints), welcome }
  }

  #peer(address: string): LinkedWeightPeer {
    const { weightsDialMsMax, weightsSilenceMsMax, weightsIdleMs } = this.#options
    return new LinkedWeightPeer(this.#components, {
      address,
      dialMsMax: weightsDialMsMax ?? NEXT_DIAL_MS_MAX,
      silenceMsMax: weightsSilenceMsMax ?? WEIGHTS_SILENCE_MS_MAX,
      idleMsMax: weightsIdleMs ?? WEIGHTS_IDLE_MS,
    })
  }
}
