import { fromUnknown } from '@shardline/core'
import type { ShardlineError } from '@shardline/core'
import { StageFailedError } from '../../errors.ts'
import { ProofLostError } from './paid-errors.ts'

/** Codes with which receipts fail because whoever ran the rows is gone, or others have its place: no stage is at fault. */
const GONE: readonly string[] = [
  'DRIVER_PIPELINE_CLOSED',
  'DRIVER_STAGE_LOST',
  'DRIVER_STAGE_SILENT',
  'NODE_EVIDENCE_MISSING',
  'NODE_PIPELINE_UNKNOWN',
]

/** What it means that the receipts of an answer can't be had: the failure as it is, unless their proof is lost. */
export function asProofLost(ask: string, cause: unknown): ShardlineError {
  const error = fromUnknown(cause)
  const code = error instanceof StageFailedError ? error.remoteCode : error.code
  return GONE.includes(code) ? new ProofLostError(ask, error) : error
}
