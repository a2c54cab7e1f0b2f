import { legId } from '../../src/ids.ts'
import type { RequestId } from '../../src/ids.ts'
import type { SettlementPlan } from '../../src/settlement/settlement-plan.ts'

/** The transfers that a settled request must have, and no others: each as its id, kind and amount; sorted. */
export function plannedTransfers(id: RequestId, hold: bigint, plan: SettlementPlan): readonly string[] {
  const wanted = [`${legId(id, 'hold')} pending ${hold}`]
  if (plan.billed === 0n) wanted.push(`${legId(id, 'void')} void ${hold}`)
  else wanted.push(`${legId(id, 'post')} post ${plan.billed}`)
  for (const { node, amount } of plan.payouts) wanted.push(`${legId(id, `pay/${node}`)} single ${amount}`)
  if (plan.fee > 0n) wanted.push(`${legId(id, 'fee')} single ${plan.fee}`)
  return wanted.toSorted()
}
