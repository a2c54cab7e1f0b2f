import { MODEL, runCommand } from './command.ts'

/** What `generate --json` prints. */
export interface GenerateJson {
  readonly text: string | null
  readonly prompt_token_ids: readonly number[]
  readonly token_ids: readonly number[]
  readonly logprobs: readonly number[]
  readonly top_ids?: readonly (readonly number[])[]
  readonly finish_reason: string
  readonly seed: number
  readonly stages: readonly { role: string; layers: string | null; process: number; ms: number }[]
  readonly prefill_tokens_per_second: number
  readonly decode_tokens_per_second: number
  readonly time_to_first_token_ms: number
  readonly token_ms: {
    readonly planned: number
    readonly predicted: number
    readonly measured: number
    readonly measured_step: number
    readonly predicted_parts: {
      readonly driver_ms: number
      readonly entry_ms: number
      readonly stages: readonly {
        readonly node: string
        readonly layers: string | null
        readonly compute_ms: number
        readonly link_ms: number
        readonly is_measured: boolean
      }[]
    }
  } | null
  readonly digest: string | null
}

/** Runs `shardline generate --json` on the bundled model. */
export async function generate(cache: string, args: readonly string[]): Promise<GenerateJson> {
  const result = await runCommand(['generate', '--model', MODEL, '--json', ...args], { cache })
  if (result.code !== 0) throw new Error(`exit code ${result.code}: ${result.stderr}`)
  return JSON.parse(result.stdout) as GenerateJson
}
