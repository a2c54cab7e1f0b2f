import type { AnswerMessage } from './messages/answer.ts'
import type { AskCancelMessage } from './messages/ask-cancel.ts'
import type { AskRefusedMessage } from './messages/ask-refused.ts'
import type { AskMessage } from './messages/ask.ts'
import type { OfferMessage } from './messages/offer.ts'
import type { ByeMessage } from './messages/bye.ts'
import type { DescribeMessage } from './messages/describe.ts'
import type { DescriptionMessage } from './messages/description.ts'
import type { EnlistMessage } from './messages/enlist.ts'
import type { EnlistedMessage } from './messages/enlisted.ts'
import type { ErrorMessage } from './messages/error.ts'
import type { HelloMessage } from './messages/hello.ts'
import type { HiddenMessage } from './messages/hidden.ts'
import type { JoinMessage } from './messages/join.ts'
import type { LeavingMessage } from './messages/leaving.ts'
import type { MeasureMessage } from './messages/measure.ts'
import type { MeasuredMessage } from './messages/measured.ts'
import type { PingMessage } from './messages/ping.ts'
import type { PlanMessage } from './messages/plan.ts'
import type { PongMessage } from './messages/pong.ts'
import type { ProgressMessage } from './messages/progress.ts'
import type { ReadyMessage } from './messages/ready.ts'
import type { ReceiptAskMessage } from './messages/receipt-ask.ts'
import type { ReceiptMessage } from './messages/receipt.ts'
import type { ReformMessage } from './messages/reform.ts'
import type { ReformedMessage } from './messages/reformed.ts'
import type { StandingMessage } from './messages/standing.ts'
import type { RelayCallMessage } from './messages/relay-call.ts'
import type { RelayRegisterMessage } from './messages/relay-register.ts'
import type { RelayRegisteredMessage } from './messages/relay-registered.ts'
import type { ReleaseMessage } from './messages/release.ts'
import type { SessionClosedMessage } from './messages/session-closed.ts'
import type { SessionOpenMessage } from './messages/session-open.ts'
import type { SessionOpenedMessage } from './messages/session-opened.ts'
import type { TokensMessage } from './messages/tokens.ts'
import type { WeightsAskMessage } from './messages/weights-ask.ts'
import type { WeightsMessage } from './messages/weights.ts'
import type { WelcomeMessage } from './messages/welcome.ts'

/** Everything that can travel on a link. */
export type Message =
  | AnswerMessage
  | AskCancelMessage
  | AskMessage
  | AskRefusedMessage
  | OfferMessage
  | ByeMessage
  | DescribeMessage
  | DescriptionMessage
  | EnlistMessage
  | EnlistedMessage
  | ErrorMessage
  | HelloMessage
  | HiddenMessage
  | JoinMessage
  | LeavingMessage
  | MeasureMessage
  | MeasuredMessage
  | PingMessage
  | PlanMessage
  | PongMessage
  | ProgressMessage
  | ReadyMessage
  | ReceiptAskMessage
  | ReceiptMessage
  | ReformMessage
  | ReformedMessage
  | StandingMessage
  | RelayCallMessage
  | RelayRegisterMessage
  | RelayRegisteredMessage
  | ReleaseMessage
  | SessionClosedMessage
  | SessionOpenMessage
  | SessionOpenedMessage
  | TokensMessage
  | WeightsAskMessage
  | WeightsMessage
  | WelcomeMessage

/** Names of the messages. */
export type MessageKind = Message['kind']
