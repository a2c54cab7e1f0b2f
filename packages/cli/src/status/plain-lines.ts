import { formatRate } from '../console/format.ts'
import type { FetchedStatus } from './fetch-status.ts'
import { rowRates } from './row-rates.ts'
import type { RowRates } from './row-rates.ts'
import type { DriverStatus, RoleStatusDocument, StatusDocument } from './status-document.ts'

/** One line for each role: what `shardline top` prints where it can't draw. */
export function plainLines(
  fetched: readonly FetchedStatus[],
  before: readonly FetchedStatus[],
): readonly string[] {
  return fetched.flatMap(({ address, status, failure }) => {
    if (status === undefined) return [`${address} ${failure?.code ?? 'no status'}`]
    const earlier = before.find((one) => one.address === address)?.status
    return linesOf(status, rowRates(earlier, status)).map((line) => `${address} ${line}`)
  })
}

function linesOf({ time_ms: timeMs, roles }: StatusDocument, rates: RowRates): readonly string[] {
  const time = timeOfDay(timeMs)
  return roles.map((role) => `${time} ${role.role} ${roleFacts(role, rates).join(' ')}`)
}

function roleFacts(role: RoleStatusDocument, rates: RowRates): readonly string[] {
  if (role.role === 'driver') return driverFacts(role)
  if (role.role === 'relay') return [`nodes=${role.registrations}`, `pipes=${role.pipes}`]
  const rate = rates.ofStage(role.node)
  return [
    `pipelines=${role.pipelines.length}`,
    `sessions=${role.sessions_open}`,
    `rows=${role.rows}`,
    ...(rate === undefined ? [] : [`rows_per_second=${formatRate(rate)}`]),
  ]
}

function driverFacts({ answers, tokens, pipelines }: DriverStatus): readonly string[] {
  return [
    ...(answers === null ? [] : [`running=${answers.running}`, `waiting=${answers.waiting}`]),
    ...(tokens === null ? [] : [`tokens_per_second=${formatRate(tokens.per_second_10s)}`]),
    ...pipelines.map(({ model, is_up: isUp, epoch }) => `${model}=${isUp ? `up,epoch-${epoch}` : 'down'}`),
  ]
}

/** UTC, `hh:mm:ss`. */
function timeOfDay(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
