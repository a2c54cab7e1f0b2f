import type { HeadInit, StageInit } from './engine-init.ts'
import type { Head } from './head.ts'
import { OnnxHead } from './onnx-head.ts'
import { OnnxStage } from './onnx-stage.ts'
import type { Stage } from './stage.ts'

/**
 * Makes a stage that runs `init.layers`.
 *
 * @throws ShardIncompleteError, EngineOptionError, RuntimeUnavailableError, RuntimeCallError.
 */
export function createStage(init: StageInit): Promise<Stage> {
  return OnnxStage.create(init)
}

/**
 * Makes the final norm and LM head.
 *
 * @throws ShardIncompleteError, EngineOptionError, RuntimeUnavailableError, RuntimeCallError.
 */
export function createHead(init: HeadInit): Promise<Head> {
  return OnnxHead.create(init)
}
