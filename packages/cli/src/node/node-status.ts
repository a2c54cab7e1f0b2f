import type { NodeCounters } from '@shardline/node'
import { formatCount } from '../console/format.ts'
import { formatCredits } from '../ledger/format-money.ts'

/** What one role of a node does. */
export interface RoleStatus {
  readonly role: string
  readonly counters: NodeCounters
  /** Microcredits on the market; undefined where it works for none, or the market is away. */
  readonly balance: bigint | undefined
  /** The same when it started. */
  readonly balanceBefore: bigint | undefined
}

/** What a node does, in one line. */
export function describeNode(roles: readonly RoleStatus[]): string {
  return roles.map(describeRole).join(' · ')
}

function describeRole({ role, counters, balance, balanceBefore }: RoleStatus): string {
  const { pipelines, sessionsOpen, rows } = counters
  const facts = [
    `${formatCount(pipelines)} pipelines`,
    `${formatCount(sessionsOpen)} answers`,
    `${formatCount(rows)} rows so far`,
  ]
  if (balance !== undefined) {
    const earned = balance - (balanceBefore ?? balance)
    facts.push(`earned ${formatCredits(earned)} of ${formatCredits(balance)} credits`)
  }
  return `${role}: ${facts.join(', ')}`
}
