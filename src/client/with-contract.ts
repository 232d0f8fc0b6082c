import { reportHandlerError } from '../lib/emitter.ts'
import { createScope } from '../lib/scope.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { Contract, Schemas } from './contract.ts'
import { keepStates, statesOf } from './dehydrated.ts'
import type { Message } from './message.ts'
import type { RealtimeClient } from './realtime-client.ts'
import type { SchemaIssue } from './standard-schema.ts'
import { streamTopic } from './stream.ts'

export interface WithContractOptions {
  /**
   * Hears of messages that are not what the contract says. They are not delivered, and the stream goes on.
   * @defaultValue reported like an uncaught error
   */
  readonly onError?: ((error: EverwireError) => void) | undefined
}

/**
 * A client that checks every message at the border, once, whoever listens: what arrives is what the contract's schemas
 * gave, what does not fit goes to `onError`, and a send that does not fit rejects with `rejected` before it leaves.
 * What is sent is what was given, unchanged: schemas that transform do so on arrival. Topics that the contract does not
 * know pass unchecked. Schemas must validate synchronously, since messages keep their order.
 * ```ts
 * export const client = withContract(createClient({ url: '/realtime' }), contract)
 * ```
 */
export function withContract(
  client: RealtimeClient,
  contract: Contract,
  { onError = reportHandlerError }: WithContractOptions = {},
): RealtimeClient {
  const scope = createScope()
  const checked = new WeakMap<Message, Message | undefined>()

  function check(message: Message): Message | undefined {
    // All who listen get the same message; it is checked once.
    if (checked.has(message)) return checked.get(message)
    const schemas = contract.find(message.topic)?.events
    let result: Message | undefined = message
    if (schemas) {
      try {
        const data = validate(schemas, message, 'bad-frame')
        if (data !== message.data) result = { ...message, data }
      } catch (error) {
        result = undefined
        onError(error as EverwireError)
      }
    }
    checked.set(message, result)
    return result
  }

  const listen: RealtimeClient['listen'] = (topic, listener) =>
    client.listen(topic, {
      ...listener,
      onMessage(message) {
        const right = check(message)
        if (right) listener.onMessage(right)
      },
    })

  const guarded: RealtimeClient = {
    ...client,
    listen,
    on: <Data>(topic: string, type: string, handler: (message: Message<Data>) => void) =>
      listen(topic, {
        onMessage: (message) => (type === '*' || message.type === type) && handler(message as Message<Data>),
      }),
    stream: (topic, options = {}) => streamTopic(scope.child(), listen, topic, options),
    async send(topic, type, data, options) {
      const shape = contract.find(topic)
      if (shape) validate(shape.sends ?? shape.events, { topic, type, data }, 'rejected')
      return client.send(topic, type, data, options)
    },
    // States are kept by the client that hooks know.
    dehydrate: () => ({ ...client.dehydrate(), states: statesOf(guarded) }),
    hydrate(dehydrated) {
      client.hydrate(dehydrated)
      keepStates(guarded, dehydrated.states)
    },
    dispose() {
      scope.stop()
      client.dispose()
    },
    [Symbol.dispose ?? Symbol.for('Symbol.dispose')]: () => guarded.dispose(),
  }
  return guarded
}

/** Gives what the schema made of the data. Throws an `EverwireError` that says what was expected. */
function validate(
  schemas: Schemas,
  { topic, type, data }: Pick<Message, 'topic' | 'type' | 'data'>,
  code: 'bad-frame' | 'rejected',
): unknown {
  const what = `message ${JSON.stringify(type)} of topic ${topic}`
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined
  if (!schema) {
    const types = Object.keys(schemas).map((name) => JSON.stringify(name))
    throw new EverwireError(code, `${what}: the contract has ${types.join(', ') || 'no such messages'}`)
  }
  const result = schema['~standard'].validate(data)
  if (result instanceof Promise) {
    // How it ends does not matter any more.
    result.catch(() => {})
    throw new EverwireError('unsupported', `${what}: its schema is asynchronous, only a synchronous one can be used`)
  }
  if (result.issues) {
    throw new EverwireError(code, `${what}: ${result.issues.map(explain).join('; ')}`, { cause: result.issues })
  }
  return result.value
}

function explain({ message, path = [] }: SchemaIssue): string {
  const where = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
  return where ? `${where}: ${message}` : message
}
