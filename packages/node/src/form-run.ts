import { assert } from '@shardline/core'
import type { PipelineInbox } from './pipeline-inbox.ts'
import { emptyEntry } from './run-entry.ts'
import type { RunEntry } from './run-entry.ts'
import { selectRows } from './select-rows.ts'
import type { RunBudget } from './select-rows.ts'
import type { LaneRows } from './session-lane.ts'
import type { SessionTable } from './session-table.ts'
import type { StageWork } from './stage-work.ts'

/** One run of one work: its entries by pipeline, each pipeline's rows in the order of the batch. */
export interface FormedRun {
  readonly work: StageWork
  readonly groups: ReadonlyMap<PipelineInbox, readonly RunEntry[]>
}

/**
 * Takes the next run out of the lanes; undefined if nothing can run now. Pipelines whose output is congested wait, so that
 * one slow link doesn't hold up the others.
 */
export function formRun(table: SessionTable, budget: RunBudget): FormedRun | undefined {
  return formEnds(table) ?? formRows(table, budget)
}

/** Ends alone, where sessions wait to be opened that may need their place. */
function formEnds(table: SessionTable): FormedRun | undefined {
  const ready = [...table.ready].filter(({ inbox }) => !inbox.pipeline.output.isCongested)
  const work = ready.find(({ head }) => head?.kind === 'open')?.inbox.pipeline.work
  const ending = ready.filter(({ head, inbox }) => head?.kind === 'close' && inbox.pipeline.work === work)
  if (work === undefined || ending.length === 0) return undefined
  const entries = ending.map((lane) => emptyEntry(lane))
  for (const entry of entries) {
    takeClose(entry)
    if (entry.lane.head === undefined) table.ready.delete(entry.lane)
  }
  return { work, groups: groupByPipeline(entries) }
}

function formRows(table: SessionTable, budget: RunBudget): FormedRun | undefined {
  let work: StageWork | undefined
  const visited: RunEntry[] = []
  const candidates: { readonly entry: RunEntry; readonly item: LaneRows; readonly rows: number }[] = []
  for (const lane of table.ready) {
    const { pipeline } = lane.inbox
    if (pipeline.output.isCongested || (work !== undefined && pipeline.work !== work)) continue
    ;({ work } = pipeline)
    const entry = emptyEntry(lane)
    visited.push(entry)
    const item = table.settle(entry)
    if (item !== undefined) candidates.push({ entry, item, rows: item.rows })
  }
  if (work === undefined) return undefined
  const entries = new Set<RunEntry>()
  for (const { candidate, rows } of selectRows(candidates, budget)) {
    takeRows(candidate.entry, candidate.item, rows)
    entries.add(candidate.entry)
  }
  for (const entry of visited) {
    takeClose(entry)
    if (entry.lane.head === undefined) table.ready.delete(entry.lane)
    if (entry.opened !== undefined || entry.isClosing) entries.add(entry)
  }
  return { work, groups: groupByPipeline(entries) }
}

function takeRows(entry: RunEntry, item: LaneRows, rows: number): void {
  const { lane } = entry
  const isWhole = rows === item.rows
  // Only the last row of a segment is sampled, so the pieces before the last one have no use of their own.
  const use = !isWhole && item.use === 'sample' ? 'none' : item.use
  const width = item.hidden.length / item.rows
  assert(Number.isInteger(width), 'a segment has whole rows')
  entry.rows = {
    part: { session: lane, turn: item.turn, position: item.position, rows, use },
    hidden: isWhole ? item.hidden : item.hidden.subarray(0, rows * width),
  }
  entry.frames.add(item.frame)
  if (isWhole) {
    lane.shift()
    return
  }
  item.position += rows
  item.rows -= rows
  item.hidden = item.hidden.subarray(rows * width)
}

function takeClose(entry: RunEntry): void {
  const { lane } = entry
  const item = lane.head
  if (item?.kind !== 'close') return
  entry.isClosing = true
  entry.frames.add(item.frame)
  lane.shift()
}

function groupByPipeline(entries: Iterable<RunEntry>): ReadonlyMap<PipelineInbox, readonly RunEntry[]> {
  const groups = new Map<PipelineInbox, RunEntry[]>()
  for (const entry of entries) {
    const group = groups.get(entry.lane.inbox)
    if (group === undefined) groups.set(entry.lane.inbox, [entry])
    else group.push(entry)
  }
  return groups
}
