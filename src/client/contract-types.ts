import type { Contract, Schemas, TopicShape } from './contract.ts'
import type { Message } from './message.ts'
import type { SendOptions, SendResult } from './realtime-client.ts'
import type { SchemaInput, SchemaOutput } from './standard-schema.ts'

declare const TYPES: unique symbol

/** What messages of a topic hold, by their type. */
export interface TopicTypes {
  /** As they arrive. */
  readonly events: object
  /** As they are sent. */
  readonly sends: object
}

/** The name of a topic that knows what its messages are. Made by `contract.topic`; at run time a string. */
export type TopicRef<Types extends TopicTypes = TopicTypes, Name extends string = string> = Name & {
  readonly [TYPES]: Types
}

/**
 * Tells the hooks of a contract, so that names of its topics are enough:
 * ```ts
 * declare module 'everwire' {
 *   interface Register { contract: typeof contract }
 * }
 * ```
 */
export interface Register {}

type Registered = Register extends { readonly contract: Contract<infer Shape> } ? Shape : Record<never, never>

/** A topic that a contract knows: made by `contract.topic`, or a name in the contract of `Register`. */
export type KnownTopic = TopicRef | TopicNameOf<keyof Registered & string>

/** Any topic but those, which have stricter types of their own. */
export type UnknownTopic<Topic extends string> = string extends Topic
  ? Topic extends TopicRef
    ? never
    : unknown
  : Topic extends KnownTopic
    ? never
    : unknown

type ParamsOfPart<Part extends string> = Part extends `:${infer Name}`
  ? Name extends `${infer First}:${infer Rest}`
    ? First | ParamsOfPart<Rest>
    : Name
  : Part extends `${string}:${infer Rest}`
    ? ParamsOfPart<Rest>
    : never

/** The names of a pattern's parameters. */
export type ParamsOf<Pattern extends string> = Pattern extends `${infer Part}/${infer Rest}`
  ? ParamsOfPart<Part> | ParamsOf<Rest>
  : ParamsOfPart<Pattern>

type NameOfPart<Part extends string> = Part extends `:${infer Name}`
  ? Name extends `${string}:${infer Rest}`
    ? `${string}:${NameOfPart<Rest>}`
    : string
  : Part extends `${infer Literal}:${infer Rest}`
    ? `${Literal}:${NameOfPart<Rest>}`
    : Part

/** The names of topics that a pattern stands for. */
export type TopicNameOf<Pattern extends string> = Pattern extends `${infer Part}/${infer Rest}`
  ? `${NameOfPart<Part>}/${TopicNameOf<Rest>}`
  : NameOfPart<Pattern>

export type TypesOf<Shape extends TopicShape> = {
  readonly events: { readonly [Type in keyof Shape['events']]: SchemaOutput<Shape['events'][Type]> }
  readonly sends: InputsOf<Shape extends { readonly sends: infer Sends extends Schemas } ? Sends : Shape['events']>
}

type InputsOf<Each extends Schemas> = { readonly [Type in keyof Each]: SchemaInput<Each[Type]> }

/** The entry of the registered contract for a name. */
type PatternOf<Topic extends string> = Topic extends keyof Registered
  ? Topic
  : { [Pattern in keyof Registered & string]: Topic extends TopicNameOf<Pattern> ? Pattern : never }[keyof Registered &
      string]

type TypesOfTopic<Topic extends string> =
  Topic extends TopicRef<infer Types>
    ? Types
    : Registered[PatternOf<Topic>] extends infer Shape extends TopicShape
      ? TypesOf<Shape>
      : never

/** The types of a topic's messages. */
export type EventType<Topic extends string> = keyof TypesOfTopic<Topic>['events'] & string

/** A message of a type. */
export interface TypedMessage<Type extends string, Data> extends Message<Data> {
  readonly type: Type
}

/** A topic's messages of the given types, all by default: a union that `type` tells apart. */
export type MessageOf<Topic extends string, Type extends EventType<Topic> = EventType<Topic>> = {
  [Each in Type]: TypedMessage<Each, TypesOfTopic<Topic>['events'][Each]>
}[Type]

/** The types of what may be sent to a topic. */
export type SendType<Topic extends string> = keyof TypesOfTopic<Topic>['sends'] & string

export type SendData<Topic extends string, Type extends SendType<Topic>> = TypesOfTopic<Topic>['sends'][Type]

/** Sends what the contract allows. */
export type SendTo<Topic extends string> = <Type extends SendType<Topic>>(
  type: Type,
  ...rest: undefined extends SendData<Topic, Type>
    ? [data?: SendData<Topic, Type>, options?: SendOptions]
    : [data: SendData<Topic, Type>, options?: SendOptions]
) => Promise<SendResult>
