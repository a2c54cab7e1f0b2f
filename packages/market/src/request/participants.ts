import type { Participants, WorkerPart } from './request.ts'

interface StoredParticipants extends Participants {
  readonly numericClass: string | null
}

/** Participants as `market.requests.participants` holds them, with the numeric class that their driver stands for. */
export function writeParticipants(participants: Participants, numericClass: string | undefined): string {
  const { validator, workers, layerCount } = participants
  const stored: StoredParticipants = {
    validator,
    workers: workers.map(({ node, first, last }) => ({ node, first, last })),
    layerCount,
    numericClass: numericClass ?? null,
  }
  return JSON.stringify(stored)
}

/** Reads the participants of a row; undefined while there are none. */
export function readParticipants(stored: unknown): Participants | undefined {
  if (stored === null || stored === undefined) return undefined
  const { validator, workers, layerCount } = stored as StoredParticipants
  return { validator, workers, layerCount }
}

/** The numeric class that a row's participants answer in; undefined when their driver had named none. */
export function readNumericClass(stored: unknown): string | undefined {
  if (stored === null || stored === undefined) return undefined
  return (stored as StoredParticipants).numericClass ?? undefined
}

/** Whether two drivers' words name the same participants. */
export function isSamePipeline(one: Participants, other: Participants): boolean {
  return (
    one.validator === other.validator &&
    one.layerCount === other.layerCount &&
    one.workers.length === other.workers.length &&
    one.workers.every((part, index) => isSamePart(part, other.workers[index]))
  )
}

function isSamePart(one: WorkerPart, other: WorkerPart | undefined): boolean {
  return one.node === other?.node && one.first === other.first && one.last === other.last
}
