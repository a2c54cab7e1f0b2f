/** Where an error came from, for the log: places in the code only, since a message may repeat what a caller sent. */
export function framesOf(error: Error): readonly string[] {
  const origin = error.cause instanceof Error ? error.cause : error
  return (origin.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
}
