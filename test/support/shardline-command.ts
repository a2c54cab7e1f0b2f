import { spawn } from 'node:child_process'
import path from 'node:path'
import { root } from '../tidy/sources.ts'
import { sharedCacheFolder } from './test-models.ts'

const LINE = [
  '--import',
  import.meta.resolve('tsx'),
  '--conditions=shardline-source',
  path.join(root, 'packages', 'cli', 'src', 'main.ts'),
]

/** A running `shardline` command. */
export interface ShardlineCommand extends AsyncDisposable {
  /** Resolves with what matched in its output; rejects if it ends before. */
  untilWritten(pattern: RegExp): Promise<RegExpExecArray>
  /** All that it wrote to standard output, when it has ended well. */
  readonly output: Promise<string>
  /** All that it wrote so far to standard output and standard error. */
  readonly written: { readonly output: string; readonly errors: string }
  /** Ends it with nothing to say about it, as a machine does that dies. */
  kill(): Promise<void>
}

/** Options of {@link shardline}. */
export interface ShardlineOptions {
  /** Level of the structured log on standard error. @default silent */
  readonly logLevel?: string
  /** @default none but this test's own */
  readonly environment?: Readonly<Record<string, string>>
  /** Network namespace to run it in. @default this test's own */
  readonly namespace?: string
}

/** Runs `shardline` from the sources. */
export function shardline(args: readonly string[], options: ShardlineOptions = {}): ShardlineCommand {
  const { namespace } = options
  const within = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]
  const [program = process.execPath, ...line] = [...within, process.execPath, ...LINE, ...args]
  const child = spawn(program, line, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // No channel to this test: it must not count as a supervised role.
    env: {
      ...process.env,
      NODE_CHANNEL_FD: undefined,
      SHARDLINE_CACHE: sharedCacheFolder(),
      SHARDLINE_LOG: options.logLevel ?? 'silent',
      ...options.environment,
    },
  })
  const written = { output: '', errors: '' }
  let wake: () => void = () => undefined
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.output += text
    wake()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.errors += text))
  let code: number | null | undefined
  const ended = new Promise<void>((resolve) => {
    child.once('close', (exitCode) => {
      code = exitCode
      wake()
      resolve()
    })
  })
  const output = ended.then(() => {
    if (code !== 0) throw new Error(`shardline ${args.join(' ')} ended with ${code}: ${written.errors}`)
    return written.output
  })
  output.catch(() => undefined)
  return {
    output,
    written,
    untilWritten: async (pattern) => {
      for (;;) {
        const match = pattern.exec(written.output)
        if (match !== null) return match
        if (code !== undefined) throw new Error(`it ended with ${code}: ${written.errors}`)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
