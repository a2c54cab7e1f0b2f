import type { PartSample } from './plan-results.ts'

/** What is read of the object that `shardline driver --json` prints. */
export interface DriverOutput {
  readonly stages: readonly OutputStage[]
  readonly token_ms: {
    readonly planned: number
    readonly predicted: number
    readonly measured: number
    readonly measured_step: number
    readonly predicted_parts: {
      readonly driver_ms: number
      readonly entry_ms: number
      /** In the order of `stages`, without the driver. */
      readonly stages: readonly { readonly compute_ms: number; readonly link_ms: number }[]
    }
  }
  readonly decode_tokens_per_second: number
}

interface OutputStage {
  readonly role: string
  readonly layers: string | null
  readonly decode_ms: number | null
}

/**
 * The parts of a token, foretold beside measured. The measured links are what the measured stages leave of a step, the
 * driver's own time is what the step leaves of a token.
 */
export function partsOf({ stages, token_ms: token }: DriverOutput): readonly PartSample[] {
  const { driver_ms: driverMs, entry_ms: entryMs, stages: predicted } = token.predicted_parts
  const computing = stages.filter(({ role }) => role !== 'driver')
  const parts = computing.map(({ role, layers, decode_ms: measuredMs }, index) => ({
    part: layers === null ? role : `${role} ${layers}`,
    predictedMs: predicted[index]?.compute_ms ?? 0,
    measuredMs: measuredMs ?? 0,
  }))
  const links = {
    part: 'links',
    predictedMs: predicted.reduce((sum, { link_ms: linkMs }) => sum + linkMs, entryMs),
    measuredMs: token.measured_step - parts.reduce((sum, { measuredMs }) => sum + measuredMs, 0),
  }
  const driver = {
    part: 'driver',
    predictedMs: driverMs,
    measuredMs: token.measured - token.measured_step,
  }
  return [...parts, links, driver]
}
