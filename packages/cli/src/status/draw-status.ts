import type { MarketPrice } from '@shardline/client'
import { formatBytes, formatRate, formatTable } from '../console/format.ts'
import { drawDriver } from './draw-driver.ts'
import { drawRelay, drawStage } from './draw-stage.ts'
import type { FetchedStatus } from './fetch-status.ts'
import { rowRates } from './row-rates.ts'
import { plain, styled, tableLines } from './screen-line.ts'
import type { ScreenLine } from './screen-line.ts'
import type { StatusDocument } from './status-document.ts'

/** What is drawn. */
export interface StatusView {
  readonly fetched: readonly FetchedStatus[]
  /** The look before, for rates; empty at the first. */
  readonly before: readonly FetchedStatus[]
  /** Models of a market; undefined where none is asked, or it is away. */
  readonly market: readonly MarketPrice[] | undefined
}

/** Draws processes, one below the other, then the market. */
export function drawStatus({ fetched, before, market }: StatusView): readonly ScreenLine[] {
  const lines = fetched.flatMap((one) => {
    const earlier = before.find(({ address }) => address === one.address)?.status
    return [...drawProcess(one, earlier), plain('')]
  })
  return [...lines, ...(market === undefined ? [] : drawMarket(market))]
}

/** The same as text, without styles. */
export function statusText(lines: readonly ScreenLine[]): string {
  return `${lines
    .map(({ text }) => text.trimEnd())
    .join('\n')
    .trimEnd()}\n`
}

function drawProcess(
  { address, status, failure }: FetchedStatus,
  before: StatusDocument | undefined,
): readonly ScreenLine[] {
  if (status === undefined) {
    return [styled('red', `${address}: ${failure?.message ?? 'no status'}`)]
  }
  const facts = [address, status.software, `up ${formatUp(status.up_ms)}`, formatBytes(status.resident_bytes)]
  const rates = rowRates(before, status)
  return [
    styled('cyan', facts.join(' · ')),
    ...status.roles.flatMap((role) => {
      if (role.role === 'driver') return drawDriver(role, rates)
      return role.role === 'relay' ? drawRelay(role) : drawStage(role, rates)
    }),
  ]
}

function drawMarket(market: readonly MarketPrice[]): readonly ScreenLine[] {
  const rows = market.map(({ model, price, supply, demandTokens }) => [
    model,
    String(Number(Number(price).toPrecision(6))),
    formatRate(Number(supply)),
    String(demandTokens),
  ])
  const header = ['model', 'microcredits per 1M tokens', 'tokens/s', 'tokens asked for']
  return [styled('bold', 'market'), ...tableLines(formatTable([header, ...rows]), 2)]
}

const MINUTE_MS = 60_000

/** A time up for people: `42 s`, `5 min`, `3 h 20 min`. */
export function formatUp(ms: number): string {
  const minutes = Math.floor(ms / MINUTE_MS)
  if (minutes === 0) return `${Math.floor(ms / 1000)} s`
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
