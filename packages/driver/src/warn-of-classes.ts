import type { Log } from '@shardline/core'
import type { Membership } from './membership.ts'

/** Byte equality with one machine, and over replacements, holds within one numeric class only. */
export function warnOfClasses(log: Log, membership: Pick<Membership, 'all'>): void {
  const classes = [...new Set(membership.all.map(({ facts }) => facts.numericClass))]
  if (classes.length > 1) log.warn('numeric-classes-differ', { classes })
}
