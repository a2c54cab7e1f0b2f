import { readSettings } from '@shardline/market'
import type { ReadSettings } from '@shardline/market'
import { open } from 'node:fs/promises'
import { SettingsFileError } from '../errors.ts'
import { SETTINGS_BYTES_MAX } from '../limits.ts'
import type { Assignment } from '../options/parse-assignment.ts'
import { systemReason } from '../run/system-reason.ts'

/** Where settings come from. */
export interface SettingsSources {
  readonly file: string | undefined
  readonly assignments: readonly Assignment[]
}

/**
 * Reads the settings of a market: those of the file, then those of the command line over them.
 *
 * @throws SettingsFileError if the file is no JSON object; MarketSettingError, PartyIdInvalidError for a wrong setting.
 */
export async function readMarketSettings({ file, assignments }: SettingsSources): Promise<ReadSettings> {
  const fromFile = file === undefined ? {} : await readFile(file)
  return readSettings({ ...fromFile, ...Object.fromEntries(assignments) })
}

async function readFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readText(path)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new SettingsFileError(path, 'it is no JSON', cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SettingsFileError(path, 'it is no object of names and values')
  }
  return { ...value }
}

async function readText(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r')
    const buffer = Buffer.alloc(SETTINGS_BYTES_MAX + 1)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    if (bytesRead <= SETTINGS_BYTES_MAX) return buffer.toString('utf8', 0, bytesRead)
  } catch (cause) {
    throw new SettingsFileError(path, systemReason(cause), cause)
  }
  throw new SettingsFileError(path, `it has more than ${SETTINGS_BYTES_MAX} bytes`)
}
