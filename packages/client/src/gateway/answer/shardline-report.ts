import type { AnswerReport } from '../../answer-source.ts'

/** What the field `shardline` of an answer says: how it came about. */
export interface ShardlineReport {
  /** The request's id at the driver. */
  readonly request: string
  readonly driver: string
  readonly validator: string | null
  readonly stages: AnswerReport['stages']
  /** Microcredits per 1,000,000 tokens; null without a market. */
  readonly price: string | null
  /** Microcredits; null without a market. */
  readonly billed: string | null
  /** Under what the market files the receipts; null without a market. */
  readonly receipt: string | null
  /** Whether the validator's signatures cover all tokens. */
  readonly verified: boolean
  /** Whether a node was replaced while it answered. */
  readonly failover: boolean
}

/** Writes a report as the field `shardline` shows it. */
export function shardlineReport(report: AnswerReport): ShardlineReport {
  return {
    request: report.ask,
    driver: report.driver,
    validator: report.validator ?? null,
    stages: report.stages,
    price: report.lockedPrice ?? null,
    billed: report.billed?.toString() ?? null,
    receipt: report.billed === undefined ? null : report.ask,
    verified: report.isVerified,
    failover: report.isFailover,
  }
}

/** What the headers `x-shardline-*` say; what isn't known yet is left out. */
export interface ReportHeaders {
  readonly request?: string | undefined
  readonly driver?: string | undefined
  readonly validator?: string | undefined
  readonly price?: string | undefined
  readonly billed?: string | undefined
}

/** Headers of an answer that is done. */
export function reportHeaders(report: AnswerReport): ReportHeaders {
  return {
    request: report.ask,
    driver: report.driver,
    validator: report.validator,
    price: report.lockedPrice,
    billed: report.billed?.toString(),
  }
}
