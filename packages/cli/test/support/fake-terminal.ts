import { PassThrough } from 'node:stream'
import { Terminal } from '../../src/console/terminal.ts'

export interface FakeTerminal {
  readonly terminal: Terminal
  readonly stdin: PassThrough
  stdout(): string
  stderr(): string
  isClosed(): boolean
  /** Lets standard output fail as a pipe does whose reader left. */
  breakOutput(): void
}

/** A terminal whose streams are memory. */
export function fakeTerminal(
  options: { readonly isTTY?: boolean; readonly colour?: 'auto' | 'never' } = {},
): FakeTerminal {
  const isTTY = options.isTTY === true
  const streams = [new PassThrough(), new PassThrough(), new PassThrough()] as const
  const [stdin, stdout, stderr] = streams
  for (const stream of streams) Object.assign(stream, { isTTY })
  let out = ''
  let err = ''
  let isClosed = false
  stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const terminal = new Terminal({
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    colour: options.colour ?? 'auto',
    isDumb: false,
    onOutputClosed: () => (isClosed = true),
  })
  return {
    terminal,
    stdin,
    stdout: () => out,
    stderr: () => err,
    isClosed: () => isClosed,
    breakOutput: () => stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  }
}
