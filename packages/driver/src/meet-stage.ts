import type { Clock, Log, Milliseconds } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import { dialPeer, parsePeerAddress } from '@shardline/node'
import type { DescriptionMessage, Transport } from '@shardline/wire'
import type { StageRequirement } from './check-description.ts'
import { checkDescription } from './check-description.ts'
import { StageAnswerUnexpectedError, StageUnreachableError } from './errors.ts'
import type { MetNode } from './plan-formation.ts'
import type { ModelWeights } from './model-weights.ts'
import { shortestRoundTrip } from './round-trip.ts'
import type { StageIdentity } from './stage-identity.ts'
import { StageLink } from './stage-link.ts'

/** What reaching nodes works with. */
export interface FormationComponents {
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
}

/** A node that was reached, and the link to it. */
export interface Met extends MetNode {
  readonly link: StageLink
}

/** What a node is asked for. */
export interface MeetOptions extends StageRequirement {
  readonly dialMsMax: Milliseconds
  readonly describeMsMax: Milliseconds
  readonly signal: AbortSignal
  /** Notes whether the node holds the model. */
  readonly weights: ModelWeights
  /** Called once the link is there, so that it can be closed if something fails later. */
  readonly onLink: (link: StageLink) => void
}

/** Where a stage is to be, and which. */
export interface StagePlace {
  readonly role: StageIdentity['role']
  readonly index: number
  /** With the key that it must prove, if it is known. */
  readonly address: string
}

/**
 * Dials a node and asks what it is.
 *
 * @throws StageUnreachableError, StageUnsuitableError, StageSilentError, StageLostError, AbortedError; the link is the
 * caller's then, if there is one.
 */
export async function meetStage(
  components: FormationComponents,
  place: StagePlace,
  options: MeetOptions,
): Promise<Met> {
  const { role, index, address } = place
  const identity: StageIdentity = {
    role,
    index,
    address: parsePeerAddress(address).address,
    node: undefined,
    layers: undefined,
  }
  const link = new StageLink(
    { link: await dial(components, identity, { ...options, address }), clock: components.clock },
    identity,
  )
  options.onLink(link)
  const description = await askDescription(link, options)
  return metOf(link, description, await shortestRoundTrip(link))
}

/** A node that is linked already, asked anew. @throws StageUnsuitableError, StageSilentError, StageLostError, AbortedError. */
export async function meetAgain(
  link: StageLink,
  options: Pick<MeetOptions, 'describeMsMax' | 'signal' | 'model' | 'precision' | 'weights'>,
): Promise<Met> {
  return metOf(link, await askDescription(link, options), undefined)
}

function metOf(link: StageLink, description: DescriptionMessage, roundTripMs: Met['roundTripMs']): Met {
  return {
    link,
    description,
    roundTripMs,
    get identity() {
      return link.identity
    },
  }
}

async function askDescription(
  link: StageLink,
  options: Pick<MeetOptions, 'describeMsMax' | 'signal' | 'model' | 'precision' | 'weights'>,
): Promise<DescriptionMessage> {
  const reply = await link.request((request) => ({ kind: 'describe', request }), {
    what: 'its description',
    silenceMsMax: options.describeMsMax,
    onProgress: undefined,
    signal: options.signal,
  })
  if (reply.kind !== 'description')
    throw new StageAnswerUnexpectedError(link.identity, `${reply.kind} to describe`)
  link.identify({ node: reply.node })
  checkDescription(link.identity, reply, options)
  options.weights.note(link.dialAddress, reply)
  return reply
}

async function dial(
  components: FormationComponents,
  identity: StageIdentity,
  options: { readonly address: string; readonly dialMsMax: Milliseconds; readonly signal: AbortSignal },
): ReturnType<Transport['dial']> {
  const over = new AbortController()
  const patience = new AbortController()
  components.clock.sleep(options.dialMsMax, { signal: patience.signal }).then(
    () => over.abort(),
    () => undefined,
  )
  try {
    return await dialPeer(components.transport, options.address, {
      signal: AbortSignal.any([over.signal, options.signal]),
    })
  } catch (cause) {
    if (options.signal.aborted) throw fromUnknown(cause)
    throw new StageUnreachableError(identity, fromUnknown(cause))
  } finally {
    patience.abort()
  }
}
