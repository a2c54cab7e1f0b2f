import type { PipelineStageStatus, StatusDocument } from './status-document.ts'

/** Rows per second of stages between two looks; undefined where that can't be said. */
export interface RowRates {
  /** Of a stage of a driver's pipeline. */
  ofPipelineStage(model: string, stage: PipelineStageStatus): number | undefined
  /** Of a worker or a validator. */
  ofStage(node: string): number | undefined
}

/** Rates between an earlier status of a process and a later one; none without an earlier one, or if it began again. */
export function rowRates(before: StatusDocument | undefined, now: StatusDocument): RowRates {
  const earlier =
    before === undefined || before.up_ms > now.up_ms ? new Map<string, number>() : rowsOf(before)
  const seconds = before === undefined ? 0 : (now.up_ms - before.up_ms) / 1000
  const later = rowsOf(now)
  const rate = (key: string): number | undefined => {
    const from = earlier.get(key)
    const to = later.get(key)
    if (from === undefined || to === undefined || seconds <= 0 || to < from) return undefined
    return (to - from) / seconds
  }
  return {
    ofPipelineStage: (model, stage) => rate(pipelineStageKey(model, stage)),
    ofStage: (node) => rate(stageKey(node)),
  }
}

function rowsOf({ roles }: StatusDocument): ReadonlyMap<string, number> {
  const rows = new Map<string, number>()
  for (const role of roles) {
    if (role.role === 'relay') continue
    if (role.role !== 'driver') {
      rows.set(stageKey(role.node), role.rows)
      continue
    }
    for (const { model, stages } of role.pipelines)
      for (const stage of stages) rows.set(pipelineStageKey(model, stage), stage.rows)
  }
  return rows
}

function pipelineStageKey(model: string, { role, node, layers }: PipelineStageStatus): string {
  return JSON.stringify([model, role, node, layers?.first ?? null])
}

function stageKey(node: string): string {
  return JSON.stringify([node])
}
