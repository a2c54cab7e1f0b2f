import type { Terminal } from '../console/terminal.ts'
import type { GatewayOptions } from '../options/gateway-options.ts'
import type { RunningGateway } from './start-gateway.ts'

/** Says where a gateway is, and how programs use it: lines that can be copied into a shell. */
export function announceGateway(
  { server, models }: RunningGateway,
  { accessKeyFile }: Pick<GatewayOptions, 'accessKeyFile'>,
  { terminal, isQuiet }: { readonly terminal: Terminal; readonly isQuiet: boolean },
): void {
  const base = `${server.address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')}/v1`
  terminal.print(`gateway on ${base}\n`)
  if (isQuiet) return
  const key =
    accessKeyFile === undefined || accessKeyFile === '-' ? undefined : `$(cat ${quoted(accessKeyFile)})`
  const authorization = accessKeyFile === undefined ? '' : ` -H "Authorization: Bearer ${key ?? 'KEY'}"`
  const body = JSON.stringify({
    model: models[0] ?? 'MODEL',
    messages: [{ role: 'user', content: 'Tell me a story.' }],
    stream: true,
  })
  terminal.note(`models: ${models.join(', ')}\n`)
  terminal.note(
    `try it: curl -N ${base}/chat/completions${authorization} -H 'content-type: application/json' -d ${quoted(body)}\n`,
  )
  terminal.note(`for OpenAI programs: export OPENAI_BASE_URL=${base} OPENAI_API_KEY="${key ?? 'none'}"\n`)
  terminal.note(`for Ollama programs: export OLLAMA_HOST=${base.replace(/\/v1$/, '')}\n`)
}

/** A text as one word of a shell. */
function quoted(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
