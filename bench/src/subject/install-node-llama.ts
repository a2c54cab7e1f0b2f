import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { textField } from '../json-value.ts'
import { runCommand } from '../run-command.ts'

/** Files that make up the peer's folder; `child.mjs` is what runs. */
const FILES = ['package.json', 'package-lock.json', 'child.mjs'] as const

/** Options of {@link installNodeLlama}. */
export interface InstallNodeLlamaInit {
  /** Where the pinned files are. */
  readonly sourceFolder: string
  /** Where it gets installed, outside of the workspace and of version control. */
  readonly targetFolder: string
  /** Told what is being done. */
  readonly onStatus: (text: string) => void
}

/**
 * Installs node-llama-cpp from its own lock file unless that version is there, and resolves with the path of the program to run.
 *
 * It is no dependency of the workspace: its binaries are many times the size of everything else.
 *
 * @throws UnexpectedError if npm can't install it.
 */
export async function installNodeLlama(init: InstallNodeLlamaInit): Promise<string> {
  const { sourceFolder, targetFolder, onStatus } = init
  await mkdir(targetFolder, { recursive: true })
  for (const file of FILES) await copyFile(join(sourceFolder, file), join(targetFolder, file))
  const wanted = await readPinnedVersion(join(sourceFolder, 'package-lock.json'))
  const installed = await readInstalledVersion(join(targetFolder, 'node_modules/node-llama-cpp/package.json'))
  if (installed !== wanted) {
    onStatus(`installing node-llama-cpp ${wanted} (several hundred megabytes, once)`)
    // Not `npm ci`: it refuses the lock on a machine whose registry lacks a library of any other platform.
    await runCommand({
      command: 'npm',
      args: ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      folder: targetFolder,
      isShell: process.platform === 'win32',
    })
  }
  return join(targetFolder, 'child.mjs')
}

async function readPinnedVersion(lockPath: string): Promise<string> {
  const lock = JSON.parse(await readFile(lockPath, 'utf8')) as {
    readonly packages: Readonly<Record<string, unknown>>
  }
  return textField(lock.packages['node_modules/node-llama-cpp'], 'version')
}

async function readInstalledVersion(path: string): Promise<string | undefined> {
  try {
    return textField(JSON.parse(await readFile(path, 'utf8')), 'version')
  } catch {
    return undefined
  }
}
