import type { PartyId } from '@shardline/identity'
import { NodesMissingError } from '../errors.ts'
import { FOUND_SPARES_MAX, FOUND_WORKERS_MAX } from '../limits.ts'
import type { FoundStages } from './stage-source.ts'

/** A node that could be a stage, as a market or the node itself tells of it. */
export interface StageCandidate {
  readonly node: PartyId
  /** Without its id. */
  readonly address: string
  /** Undefined if it never said. */
  readonly work:
    { readonly numericClass: string; readonly memoryBytes: number; readonly decodeMs: number } | undefined
}

/** Who could be what. */
export interface StageCandidates {
  readonly workers: readonly StageCandidate[]
  readonly validators: readonly StageCandidate[]
}

/** What stages are chosen for. */
export interface ChooseStagesInit {
  /** Bytes that all layers take. */
  readonly bytesNeeded: number
  /** Who is no stage: the driver itself. */
  readonly self: PartyId
  /** Workers that it takes at the least. @default as few as hold the layers */
  readonly workersWanted?: number | undefined
  /** Workers that are there anyway: then all others only stand by. @default none */
  readonly workersGiven?: readonly string[] | undefined
  /** The same of the validator. */
  readonly validatorGiven?: string | undefined
}

/** Part of a node's free memory that layers may take: sessions need the rest. */
const LAYERS_SHARE = 0.7

/**
 * Chooses nodes for a model: workers of one numeric class (one replaces another without a change of text), of the class that
 * has most memory, the fastest first, as many as hold the model; the others stand by. The validator is somebody else than
 * any of them.
 *
 * @throws NodesMissingError
 */
export function chooseStages(
  { workers, validators }: StageCandidates,
  { bytesNeeded, self, workersWanted = 1, workersGiven, validatorGiven }: ChooseStagesInit,
): FoundStages {
  const others = workers.filter(({ node, work }) => node !== self && work !== undefined)
  const candidates = largestClass(others).toSorted(
    (a, b) => (a.work?.decodeMs ?? 0) - (b.work?.decodeMs ?? 0),
  )
  const count = workersGiven === undefined ? countFor(candidates, { bytesNeeded, workersWanted }) : 0
  const chosen = candidates.slice(0, count)
  const taken = new Set([self, ...chosen.map(({ node }) => node)])
  const signers = validators.filter(({ node }) => !taken.has(node))
  const signersNeeded = validatorGiven === undefined ? 1 : 0
  const heldBytes = roomOf(chosen)
  const hasWorkers = workersGiven !== undefined || (count >= workersWanted && heldBytes >= bytesNeeded)
  const validator = validatorGiven ?? signers.slice(0, 1).map(addressOf)[0]
  if (!hasWorkers || validator === undefined) {
    throw new NodesMissingError({
      workers: others.length,
      workersWanted: workersGiven === undefined ? workersWanted : 0,
      validators: signers.length + 1 - signersNeeded,
      validatorsDoubled: validators.filter(({ node }) => chosen.some((worker) => worker.node === node))
        .length,
      heldBytes: Math.floor(heldBytes),
      bytesNeeded: workersGiven === undefined ? bytesNeeded : 0,
    })
  }
  // Who may have to sign must not be one of those whose work it would sign.
  const signing = new Set(signers.slice(0, signersNeeded + FOUND_SPARES_MAX).map(({ node }) => node))
  const standing = candidates.slice(count).filter(({ node }) => !signing.has(node))
  return {
    workers: workersGiven ?? chosen.map(addressOf),
    validator,
    spares: {
      workers: standing.slice(0, FOUND_SPARES_MAX).map(addressOf),
      validators: signers.slice(signersNeeded, signersNeeded + FOUND_SPARES_MAX).map(addressOf),
    },
  }
}

function largestClass(nodes: readonly StageCandidate[]): readonly StageCandidate[] {
  const classes = new Map<string, StageCandidate[]>()
  for (const node of nodes) {
    const name = node.work?.numericClass ?? ''
    classes.set(name, [...(classes.get(name) ?? []), node])
  }
  return [...classes.values()].toSorted((a, b) => roomOf(b) - roomOf(a))[0] ?? []
}

/** How many of the first nodes are as many as wanted, and hold that many bytes; all that may be taken if they don't. */
function countFor(
  nodes: readonly StageCandidate[],
  { bytesNeeded, workersWanted }: { readonly bytesNeeded: number; readonly workersWanted: number },
): number {
  const most = Math.min(nodes.length, FOUND_WORKERS_MAX)
  for (let count = workersWanted; count <= most; count++) {
    if (roomOf(nodes.slice(0, count)) >= bytesNeeded) return count
  }
  return most
}

function roomOf(nodes: readonly StageCandidate[]): number {
  return nodes.reduce((sum, { work }) => sum + (work?.memoryBytes ?? 0) * LAYERS_SHARE, 0)
}

function addressOf({ address, node }: StageCandidate): string {
  return `${address}#${node}`
}
