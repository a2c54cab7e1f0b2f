import { join } from 'node:path'
import { CleanupStack, createLog } from '@shardline/core'
import type { MarketAnswerSource } from '@shardline/client'
import { chatLoop } from '../chat/chat-loop.ts'
import { PaidChat } from '../chat/paid-chat.ts'
import { keptKey } from '../cluster/kept-key.ts'
import { marketModelOf, startClusterMarket } from '../cluster/market-of-cluster.ts'
import type { RoleKey } from '../cluster/role-key.ts'
import { startRoleProcess } from '../cluster/role-process.ts'
import type { RoleProcess } from '../cluster/role-process.ts'
import { startRoles } from '../cluster/start-roles.ts'
import { allOf, noteDeaths, supervise } from '../cluster/supervise.ts'
import { drawBill } from '../console/bill.ts'
import { drawReceipts } from '../console/receipts.ts'
import { userOf } from '../keys/open-user.ts'
import { openMarketSource } from '../market/open-source.ts'
import { modelOrBundled } from '../options/default-model.ts'
import type { CommandContext } from './command-context.ts'
import { driverCommandLine } from './driver-command-line.ts'
import { askFields } from './ask-fields.ts'
import { untilAborted } from './until-aborted.ts'
import type { UpOptions } from './up-options.ts'

/** Folder in the data folder with the keys and the books of this machine's own cluster. */
const FOLDER = 'cluster'

/** A cluster that is paid, and its user. */
interface PaidCluster {
  readonly source: MarketAnswerSource
  /** The market's id of the model. */
  readonly model: string
  /** Those without which it can't go on. */
  readonly watched: readonly RoleProcess[]
}

/**
 * Starts a local cluster with a market as processes, asks the driver through the market as any other user does, and ends
 * with the bill. Keys and books are kept, so that what somebody earned is there the next time.
 */
export async function runPaidUp(options: UpOptions, context: CommandContext): Promise<void> {
  await using cleanup = new CleanupStack()
  const cluster = await startPaidCluster(options, { cleanup, context })
  const isQuiet = options.quiet === true
  const chat = new PaidChat(cluster.source, {
    system: options.system,
    asks: { model: cluster.model, ...askFields(options) },
  })
  const { terminal } = context
  await Promise.race([talk(chat, options, context), supervise(cluster.watched, context.interrupt.signal)])
  if (isQuiet || chat.payments.length === 0) return
  terminal.note(`\n${drawBill(chat.payments)}`)
  const last = chat.payments.findLast(({ state }) => state === 'COMPLETED')
  if (last !== undefined) terminal.note(drawReceipts(await cluster.source.market.receipts(last)))
}

async function talk(chat: PaidChat, options: UpOptions, context: CommandContext): Promise<void> {
  const { terminal, interrupt } = context
  const isQuiet = options.quiet === true
  if (options.once !== undefined) {
    const onText = (text: string): void => terminal.print(text)
    const { picture, facts } = await chat.say(options.once, { onText, signal: interrupt.signal })
    terminal.print('\n')
    if (!isQuiet) terminal.note(`\n${picture}${facts}`)
    return
  }
  if (!isQuiet && terminal.isInteractive) terminal.note('/help lists what can be typed.\n')
  const loop = { session: chat, terminal, interrupt, isSignalForAnswer: false, isQuiet }
  const answered = await chatLoop({ ...loop, firstPrompt: options.prompt })
  if (answered > 0 || terminal.isInteractive) return
  if (!isQuiet) terminal.note('There is no input; the cluster stays up until it is stopped.\n')
  await untilAborted(interrupt.signal)
}

interface StartInit {
  /** Takes what is started, so that it ends even if something after it doesn't start. */
  readonly cleanup: CleanupStack
  readonly context: CommandContext
}

async function startPaidCluster(options: UpOptions, { cleanup, context }: StartInit): Promise<PaidCluster> {
  const { config, terminal, interrupt } = context
  const folder = join(config.dataFolder, FOLDER)
  const keyFolder = join(folder, 'keys')
  const keyOf = (name: string): Promise<RoleKey> => keptKey(name, keyFolder, context)
  const [marketKey, userKey, driverKey] = [await keyOf('market'), await keyOf('user'), await keyOf('driver')]
  const model = await marketModelOf({ ...options, model: modelOrBundled(options.model) }, context)
  const market = await startClusterMarket({ folder, key: marketKey, user: userKey, model }, context)
  cleanup.add(() => market.process.stop())
  const roles = await startRoles({
    random: context.random,
    keyOf,
    market: market.address,
    driver: driverKey.identity.id,
    workers: options.workers,
    spares: options.spares,
    threads: options.threads,
    isSpinning: options.spin,
    models: config,
    signal: interrupt.signal,
    onLine: (name, line) => terminal.note(`${terminal.style('stderr', 'dim', `${name} |`)} ${line}\n`),
  })
  cleanup.add(() => roles.stop())
  if (options.quiet !== true) drawProcesses([market.process, ...allOf(roles)], context)
  const serve = { host: '127.0.0.1', port: 0 } as const
  const driver = await startRoleProcess({
    name: 'driver',
    commandLine: [
      ...driverCommandLine(
        { ...options, serve, once: undefined, prompt: undefined, system: undefined },
        roles,
      ),
      `--market=${market.address}`,
      `--market-model=${model.id}`,
      // By name: what its prompts are sealed to has to be kept, too.
      '--key=driver',
      '--no-announce',
    ],
    isForeground: true,
    key: driverKey,
    allow: [],
    onLine: () => undefined,
    models: { ...config, keyFolder },
    signal: interrupt.signal,
    startMsMax: Infinity,
  })
  cleanup.add(() => driver.stop())
  const source = await openMarketSource(
    { market: market.address, driver: [driverKey.identity.id], maxPrice: undefined },
    {
      user: await userOf(userKey.seed),
      log: createLog({ level: config.logLevel, fields: { role: 'client' } }),
      context,
    },
  )
  cleanup.add(async () => source[Symbol.asyncDispose]())
  if (options.spares > 0 && options.quiet !== true) cleanup.add(noteDeaths(allOf(roles), context))
  const watched = [driver, market.process, ...(options.spares === 0 ? allOf(roles) : [])]
  return { source, model: model.id, watched }
}

function drawProcesses(processes: readonly RoleProcess[], { terminal }: CommandContext): void {
  const width = Math.max(...processes.map(({ name }) => name.length))
  for (const { name, address, pid } of processes) {
    terminal.note(`${name.padEnd(width)} ${address}  process ${pid}\n`)
  }
}
