import { formatLayerRange } from '@shardline/core'
import { dialAddressesOf } from '../cluster/start-roles.ts'
import type { RunningRoles } from '../cluster/start-roles.ts'
import { DRIVER_STATUS_PORT_DEFAULT } from '../limits.ts'
import { modelOrBundled } from '../options/default-model.ts'
import { serveArguments } from '../options/serve-options.ts'
import { samplingArguments } from './sampling-arguments.ts'
import type { UpOptions } from './up-options.ts'

/** The driver's command line: what this command was told, and where the others listen. */
export function driverCommandLine(options: UpOptions, roles: RunningRoles): readonly string[] {
  const line = [
    'driver',
    `--workers=${roles.workers.map((worker) => worker.dialAddress).join(',')}`,
    `--validator=${roles.validator.dialAddress}`,
    `--model=${modelOrBundled(options.model)}`,
    `--precision=${options.precision}`,
  ]
  const spares = dialAddressesOf(roles.spares)
  if (spares.workers.length > 0) line.push(`--spare-workers=${spares.workers.join(',')}`)
  if (spares.validators.length > 0) line.push(`--spare-validators=${spares.validators.join(',')}`)
  if (options.layers !== undefined) line.push(`--layers=${options.layers.map(formatLayerRange).join(',')}`)
  if (options.context !== undefined) line.push(`--context=${options.context}`)
  if (options.prefillChunk !== undefined) line.push(`--prefill-chunk=${options.prefillChunk}`)
  if (options.system !== undefined) line.push(`--system=${options.system}`)
  if (options.once !== undefined) line.push(`--prompt=${options.once}`)
  if (options.prompt !== undefined) line.push(`--prompt=${options.prompt}`, '--interactive')
  if (options.quiet === true) line.push('--quiet')
  // Where `shardline status` looks; another free port where this one is taken.
  line.push(`--status=127.0.0.1:${DRIVER_STATUS_PORT_DEFAULT}`)
  return [...line, ...samplingArguments(options), ...serveArguments(options)]
}
