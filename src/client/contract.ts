import type { ParamsOf, TopicNameOf, TopicRef, TypesOf } from './contract-types.ts'
import { assertTopic } from '../protocol/limits.ts'
import type { StandardSchema } from './standard-schema.ts'

export type Schemas = Readonly<Record<string, StandardSchema>>

/** The messages of one topic. */
export interface TopicShape {
  /** Type of a message → what its data must be. Messages of other types are not delivered. */
  readonly events: Schemas
  /** The same for what this side sends. @defaultValue the events: whatever arrives may be sent */
  readonly sends?: Schemas
}

/** Pattern of topics → their messages. */
export type ContractShape = Readonly<Record<string, TopicShape>>

/** What two sides agree on: topics and their messages, by name or by pattern. */
export interface Contract<Shape extends ContractShape = ContractShape> {
  readonly shape: Shape
  /**
   * The name of a topic that knows its messages; at run time a string.
   * ```ts
   * contract.topic('room/:id', { id: 5 }) // 'room/5'
   * ```
   * @throws TypeError where a parameter is missing or could not be told apart from the rest of the name
   */
  topic<const Pattern extends keyof Shape & string>(
    this: void,
    pattern: Pattern,
    ...params: [ParamsOf<Pattern>] extends [never] ? [] : [Readonly<Record<ParamsOf<Pattern>, string | number>>]
  ): TopicRef<TypesOf<Shape[Pattern]>, TopicNameOf<Pattern>>
  /** The messages of a topic by its name, `undefined` where the contract does not know it. A name goes before a pattern. */
  find(this: void, topic: string): TopicShape | undefined
}

// After a slash, after a colon or at the start; a single colon elsewhere is an ordinary character of a name.
const PARAM = /(?<=^|[/:]):([^/:]+)/g
const VALUE = /^[A-Za-z0-9_.~@-]+$/

/**
 * Says once what topics there are and what their messages look like; types and checks follow from it.
 * ```ts
 * export const contract = defineContract({
 *   'chat:lobby': { events: { message: z.object({ text: z.string() }) } },
 *   'room/:id': { events: { message: Message, moved: Moved }, sends: { message: Message } },
 *   'ticker::symbol': { events: { price: Price }, sends: {} },
 * })
 * declare module 'everwire' {
 *   interface Register { contract: typeof contract }
 * }
 * ```
 * A parameter is `:name` at the start of a part, and parts are separated by `/` or `:`. So `room/:id` is the topics
 * `room/5`, `ticker::symbol` is `ticker:ACME`, and `chat:lobby` is one topic. A parameter never holds a separator.
 *
 * The types come without a cost at run time. `withContract` adds the checks.
 */
export function defineContract<const Shape extends ContractShape>(shape: Shape): Contract<Shape> {
  const patterns = Object.entries(shape).map(([pattern, topic]) => {
    assertTopic(pattern)
    // Of what a topic may hold, only the dot means something else in an expression.
    const matches = new RegExp(`^${pattern.replaceAll('.', '\\.').replace(PARAM, '[^/:]+')}$`)
    return { matches, topic }
  })
  return Object.freeze<Contract<Shape>>({
    shape,
    topic: (pattern, ...[params = {}]) =>
      pattern.replace(PARAM, (_, name: string) => {
        const value = String((params as Readonly<Record<string, string | number>>)[name] ?? '')
        if (VALUE.test(value)) return value
        throw new TypeError(
          `parameter ${name} of topic ${pattern} must be of A-Z a-z 0-9 _ . ~ @ -, got ${JSON.stringify(value)}`,
        )
      }) as never,
    find: (topic) =>
      Object.hasOwn(shape, topic) ? shape[topic] : patterns.find(({ matches }) => matches.test(topic))?.topic,
  })
}
