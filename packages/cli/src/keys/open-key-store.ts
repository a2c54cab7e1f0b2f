import { KeyStore } from '@shardline/identity'
import type { CommandContext } from '../commands/command-context.ts'
import { DiskKeyFolder } from './disk-key-folder.ts'

/** The keys of whoever runs this command (`SHARDLINE_KEYS`). */
export function openKeyStore(context: Pick<CommandContext, 'config' | 'clock' | 'random'>): KeyStore {
  const { config, clock, random } = context
  const folder = new DiskKeyFolder({ path: config.keyFolder, random, platform: process.platform })
  return new KeyStore({ folder, clock, random })
}
