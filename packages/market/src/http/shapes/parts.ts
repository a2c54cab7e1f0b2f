import { Type } from '@sinclair/typebox'
import type { TBoolean, TInteger, TNumber, TObject, TString, TUnsafe } from '@sinclair/typebox'
import { MODEL_ID_PATTERN } from '../../ids.ts'
import { record, text, whole, word } from './shape.ts'
import { ADDRESS_PATTERN, REGION_PATTERN } from '../../node/check-node.ts'
import {
  NUMERIC_CLASS_CHARS_MAX,
  NUMERIC_CLASS_PATTERN,
  QUANTIZATION_CHARS_MAX,
  QUANTIZATION_PATTERN,
} from '../../node/class-patterns.ts'
import type { Role } from '../../node/listing.ts'

/** What SQL's `integer` holds. The market's settings usually allow less. */
const INTEGER_MAX = 2_147_483_647
const WHOLE_DIGITS_MAX = 19
const PRICE_CHARS_MAX = 64
const HASH_CHARS = 64

/** A request's id. */
export const requestIdText: TString = text(
  '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  36,
  'UUID in lower case',
)
/** A claim's key. */
export const claimKeyText: TString = text(
  '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  36,
  'UUID in lower case, new for each piece of work; the same one again gets the same work',
)
/** A transfer's id. */
export const transferIdText: TString = requestIdText
/** A model's id. */
export const modelIdText: TString = text(MODEL_ID_PATTERN, 129, 'id of a model on the market')
/** A party's id; its checksum is checked where it's used. */
export const partyIdText: TString = text('^[a-z0-9]{1,90}$', 90, 'id of a party: bech32m of its public key')
/** A bigint that isn't negative. */
export const wholeText: TString = text(
  '^(0|[1-9][0-9]*)$',
  WHOLE_DIGITS_MAX,
  'whole number as a decimal string',
)
/** A bigint above zero. */
export const positiveText: TString = text(
  '^[1-9][0-9]*$',
  WHOLE_DIGITS_MAX,
  'whole number above 0 as a decimal string',
)
/** A decimal of an answer. */
export const decimalText: TString = Type.String({ description: 'decimal as a string' })
/** A price that is asked for. */
export const priceText: TString = text(
  '^(0|[1-9][0-9]*)(\\.[0-9]+)?$',
  PRICE_CHARS_MAX,
  'microcredits per 1,000,000 tokens, as a decimal string',
)
/** The lowest price at which a node works. */
export const priceFloorText: TString = text(
  '^(0|[1-9][0-9]*)$',
  WHOLE_DIGITS_MAX,
  'lowest price of a model at which the node works, in whole microcredits per 1,000,000 tokens, as a decimal string',
)
/** 32 bytes. */
export const hashText: TString = text('^[0-9a-f]{64}$', HASH_CHARS, '32 bytes in lower-case hex')
/** Milliseconds since 1970. */
export const timeMs: TNumber = Type.Number({ description: 'milliseconds since 1970, UTC' })
/** Tokens that are asked for. */
export const tokensAsked: TInteger = whole(1, INTEGER_MAX, "tokens; the market's settings may allow less")
/** A counter of SQL's `integer`. */
export const counter: TInteger = whole(0, INTEGER_MAX)
/** A share. */
export const share: TNumber = Type.Number({ minimum: 0, maximum: 1 })
/** Yes or no. */
export const flag: TBoolean = Type.Boolean()
/** A numeric class. */
export const numericClassText: TString = text(NUMERIC_CLASS_PATTERN, NUMERIC_CLASS_CHARS_MAX)
/** A quantization. */
export const quantizationText: TString = text(QUANTIZATION_PATTERN, QUANTIZATION_CHARS_MAX)
/** A claim's fence. */
export const fenceNumber: TInteger = whole(1, INTEGER_MAX, 'the claim under which the tokens came')
/** A region. */
export const regionText: TString = text(
  REGION_PATTERN,
  6,
  'ISO 3166-1 alpha-2 code in lower case, optionally with a subdivision',
)
/** A node's address. */
export const addressText: TString = text(ADDRESS_PATTERN, 300, 'ws://, wss:// or relay:// address')
/** What a node can do. */
export const roleWord: TUnsafe<Role> = word({ driver: true, worker: true, validator: true })
/** Tokens of both kinds. */
export const tokenCounts: TObject<{ prompt: TInteger; output: TInteger }> = record(
  {
    prompt: whole(0, INTEGER_MAX, 'tokens of the prompt'),
    output: whole(0, INTEGER_MAX, 'tokens of the answer'),
  },
  { title: 'TokenCounts' },
)
