import type { Transport } from '@shardline/wire'
import type { ClusterProcess } from './cluster-process.ts'
import type { FoundStages } from '../stages/stage-source.ts'

/** The stages of a local cluster, wherever they run. */
export interface LocalStages {
  /** How the driver reaches them. */
  readonly transport: Transport
  /** Where the driver dials them: workers in order, then the validator. */
  readonly dialAddresses: readonly string[]
  /** Where it dials those that stand by. */
  readonly spares: FoundStages['spares']
  /** Workers in order, then the validator; then those that stand by. */
  readonly processes: readonly ClusterProcess[]
  stop(): Promise<void>
}
