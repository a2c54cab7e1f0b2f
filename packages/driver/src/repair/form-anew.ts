import type { Milliseconds } from '@shardline/core'
import { ReplacementMissingError, StageLostError } from '../errors.ts'
import { AbortedError } from '@shardline/core'
import type { FormationComponents, Met } from '../meet-stage.ts'
import { meetAgain } from '../meet-stage.ts'
import type { Member } from '../membership.ts'
import type { Formation, FormationInit } from '../pipeline-formation.ts'
import { formOver } from '../pipeline-formation.ts'
import type { StageLink } from '../stage-link.ts'

/** Nodes that a pipeline can be formed of. */
export interface NodesLeft {
  /** Stages that work. */
  readonly stay: readonly Member[]
  /** Nodes that have no part in it. */
  readonly others: readonly StageLink[]
  readonly describeMsMax: Milliseconds
}

/**
 * Plans the layers anew over the nodes that are left, of which as few as possible change theirs, and lets them load.
 *
 * @throws what forming a pipeline throws; ReplacementMissingError without a worker or a validator.
 */
export async function formAnew(
  components: FormationComponents,
  init: FormationInit,
  nodes: NodesLeft,
): Promise<Formation> {
  const links = [...nodes.stay.map(({ link }) => link), ...nodes.others]
  const signal = init.signal ?? new AbortController().signal
  const asked = await Promise.all(
    links.map(async (link): Promise<Met | undefined> => {
      try {
        return await meetAgain(link, { ...init, describeMsMax: nodes.describeMsMax, signal })
      } catch {
        // Who doesn't answer is not among those that are left.
        return undefined
      }
    }),
  )
  if (signal.aborted) throw new AbortedError('the repair', signal.reason)
  const met = asked.flatMap((node) => node ?? [])
  const workers = met.filter(({ identity }) => identity.role === 'worker').slice(0, init.workers.length)
  const validator = met.find(({ identity }) => identity.role === 'validator')
  if (validator === undefined || workers.length === 0) {
    const [any] = links
    throw any === undefined
      ? new StageLostError(
          { role: 'worker', index: 0, address: '', node: undefined, layers: undefined },
          'no node is left',
        )
      : new ReplacementMissingError(any.identity)
  }
  const previous = new Map(
    nodes.stay.flatMap(({ facts }) =>
      facts.layers === undefined ? [] : [[facts.node, facts.layers] as const],
    ),
  )
  const layers = init.layers?.length === workers.length ? init.layers : undefined
  return formOver(components, { workers, validator }, { ...init, layers, previous })
}
