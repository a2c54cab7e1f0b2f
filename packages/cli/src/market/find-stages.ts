import type { MarketNode, NodeDirectory } from '@shardline/client'
import type { PartyId } from '@shardline/identity'
import { NodesMissingError } from '../errors.ts'
import { FOUND_SPARES_MAX, FOUND_WORKERS_MAX } from '../limits.ts'

/** Over whom a driver may plan, as addresses with ids. */
export interface FoundStages {
  readonly workers: readonly string[]
  readonly validator: string
  readonly spares: { readonly workers: readonly string[]; readonly validators: readonly string[] }
}

/** What stages are found for. */
export interface FindStagesInit {
  /** Bytes that all layers take. */
  readonly bytesNeeded: number
  /** Who is no stage: the driver itself. */
  readonly self: PartyId
  readonly signal: AbortSignal
}

/** Part of a node's free memory that layers may take: sessions need the rest. */
const LAYERS_SHARE = 0.7

/**
 * Chooses nodes of a market for a model: workers of one numeric class (one replaces another without a change of text), of
 * the class that has most memory, the fastest first, as many as hold the model; the others stand by. The validator is
 * somebody else than any of them.
 *
 * @throws NodesMissingError; what asking a market throws.
 */
export async function findStages(directory: NodeDirectory, init: FindStagesInit): Promise<FoundStages> {
  const { signal } = init
  const [workers, validators] = await Promise.all([
    directory.nodes('worker', { signal }),
    directory.nodes('validator', { signal }),
  ])
  return chooseStages({ workers, validators }, init)
}

/** The same for nodes that are known. @throws NodesMissingError */
export function chooseStages(
  {
    workers,
    validators,
  }: { readonly workers: readonly MarketNode[]; readonly validators: readonly MarketNode[] },
  { bytesNeeded, self }: Omit<FindStagesInit, 'signal'>,
): FoundStages {
  const others = workers.filter(({ node, work }) => node !== self && work !== undefined)
  const candidates = largestClass(others).toSorted(
    (a, b) => (a.work?.decodeMs ?? 0) - (b.work?.decodeMs ?? 0),
  )
  const count = countFor(candidates, bytesNeeded)
  const chosen = candidates.slice(0, count)
  const taken = new Set([self, ...chosen.map(({ node }) => node)])
  const signers = validators.filter(({ node }) => !taken.has(node))
  const [validator] = signers
  const heldBytes = roomOf(chosen)
  if (count === 0 || heldBytes < bytesNeeded || validator === undefined) {
    throw new NodesMissingError({
      workers: others.length,
      validators: signers.length,
      heldBytes: Math.floor(heldBytes),
      bytesNeeded,
    })
  }
  // Who may have to sign must not be one of those whose work it would sign.
  const signing = new Set(signers.slice(0, 1 + FOUND_SPARES_MAX).map(({ node }) => node))
  const standing = candidates.slice(count).filter(({ node }) => !signing.has(node))
  return {
    workers: chosen.map(addressOf),
    validator: addressOf(validator),
    spares: {
      workers: standing.slice(0, FOUND_SPARES_MAX).map(addressOf),
      validators: signers.slice(1, 1 + FOUND_SPARES_MAX).map(addressOf),
    },
  }
}

function largestClass(nodes: readonly MarketNode[]): readonly MarketNode[] {
  const classes = new Map<string, MarketNode[]>()
  for (const node of nodes) {
    const name = node.work?.numericClass ?? ''
    classes.set(name, [...(classes.get(name) ?? []), node])
  }
  return [...classes.values()].toSorted((a, b) => roomOf(b) - roomOf(a))[0] ?? []
}

/** How many of the first nodes hold that many bytes; all that may be taken if they don't. */
function countFor(nodes: readonly MarketNode[], bytesNeeded: number): number {
  const most = Math.min(nodes.length, FOUND_WORKERS_MAX)
  for (let count = 1; count <= most; count++) {
    if (roomOf(nodes.slice(0, count)) >= bytesNeeded) return count
  }
  return most
}

function roomOf(nodes: readonly MarketNode[]): number {
  return nodes.reduce((sum, { work }) => sum + (work?.memoryBytes ?? 0) * LAYERS_SHARE, 0)
}

function addressOf({ address, node }: MarketNode): string {
  return `${address}#${node}`
}
