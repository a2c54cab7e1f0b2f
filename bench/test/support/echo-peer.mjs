// Speaks the protocol of the peer without computing anything.
const streamsOf = ({ prompts, maxTokens }) =>
  prompts.map(() => ({ tokenMs: Array.from({ length: maxTokens }, (_, i) => 100 + i * 10) }))

process.on('message', ({ id, op, ...request }) => {
  if (op === 'start' && request.model === 'missing') process.send({ id, error: 'no such model' })
  else if (op === 'start' && request.model === 'crash') {
    process.stderr.write('out of memory\n', () => process.exit(7))
  } else if (op === 'start') process.send({ id, result: { description: { ...request, program: 'echo' } } })
  else if (op === 'generate') process.send({ id, result: { streams: streamsOf(request) } })
  else process.send({ id, result: {} }, () => process.disconnect())
})
process.send({ id: 0, result: {} })
