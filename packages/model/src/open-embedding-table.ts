import { AssertionFailedError } from '@shardline/core'
import type { Checkpoint } from './checkpoint.ts'
import type { EmbeddingTable } from './embedding-table.ts'

/** Options of {@link openEmbeddingTable}. */
export interface EmbeddingTableOptions {
  /** Rows kept in memory at the most. @default EMBEDDING_ROWS_MAX */
  readonly rowsMax?: number
}

/** Rows of the checkpoint's embedding matrix, read when they are needed. The checkpoint must stay open. */
export async function openEmbeddingTable(
  checkpoint: Checkpoint,
  options: EmbeddingTableOptions = {},
): Promise<EmbeddingTable> {
  throw new AssertionFailedError(`not built: ${checkpoint.reference} ${String(options.rowsMax)}`)
}
