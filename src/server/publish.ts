import { createHash } from 'node:crypto'
import { CODE } from '../protocol/codes.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { AckFrame, ErrFrame, PubFrame } from '../protocol/frame.ts'
import type { PublishResult } from './backplane/contract.ts'
import type { ServerCore } from './core.ts'
import { encodeStored } from './encoded.ts'
import { nameOf, topicOf } from './name.ts'
import type { Identity } from './options.ts'
import { Refusal } from './refusal.ts'

export interface StoreRequest {
  /** The topic's name in the backplane. */
  readonly name: string
  readonly event: string
  readonly data: unknown
  /** The sender's key as its message shows it. */
  readonly key: string | undefined
  /** Who repeats the key: keys of different senders have nothing to do with each other. */
  readonly sender: string
  readonly digest: string
}

/** Stores a message; the backplane's live feed then brings it to every instance, this one too. */
export async function store(
  core: ServerCore,
  { name, event, data, key, sender, digest }: StoreRequest,
): Promise<PublishResult> {
  await core.ready
  return core.backplane.publish(name, encodeStored(event, data, key), {
    history: core.rulesOf(topicOf(name)).history,
    // A key holds no line feed, so sender and key cannot be mixed up.
    ...(key !== undefined && { key: { id: `${sender}\n${key}`, digest, ttlMs: core.limits.keyMs } }),
  })
}

/** What was sent, in short. */
export function digestOf(event: string, data: unknown): string {
  const bytes = data instanceof Uint8Array ? data : (JSON.stringify(data) ?? '')
  return createHash('sha256').update(`${event}\n`).update(bytes).digest('base64url').slice(0, 16)
}

export const sizeOf = (data: unknown): number =>
  data instanceof Uint8Array ? data.length : Buffer.byteLength(JSON.stringify(data) ?? '')

/** Does what a `pub` frame asks, and says how it ended; never rejects. */
export async function publishFor(core: ServerCore, identity: Identity, frame: PubFrame): Promise<AckFrame | ErrFrame> {
  const { id, c, e, k } = frame
  try {
    const { pos, duplicate, conflict } = await tryPublish(core, identity, frame)
    if (conflict) throw new Refusal(CODE.conflict, `the key ${k} was used for another message`)
    return { t: 'ack', id, i: pos, ...(duplicate && { dup: 1 as const }) }
  } catch (error) {
    if (!(error instanceof Refusal))
      core.log({ level: 'error', message: `a client's message ${e} was not stored`, error })
    const refusal =
      error instanceof Refusal ? error : new Refusal(CODE.overloaded, 'the history is away', { retryMs: 1_000 })
    const { code, message, retryMs } = refusal
    return { t: 'err', id, c, code, msg: message, ...(retryMs !== undefined && { retry: retryMs }) }
  }
}

async function tryPublish(core: ServerCore, identity: Identity, { c, e, d, k }: PubFrame): Promise<PublishResult> {
  const { dataBytes } = core.limits
  const rules = core.rulesOf(c)
  const assertSize = (data: unknown) => {
    if (sizeOf(data) > dataBytes)
      throw new Refusal(CODE.tooBig, `data may have ${dataBytes} bytes, got ${sizeOf(data)}`)
  }
  assertSize(d)
  const isAllowed = await core.hooks.authorize({ identity, action: 'publish', topics: [c] })
  if (!rules.clientSend || !isAllowed(c)) throw new Refusal(CODE.forbidden, 'the client may not publish to this topic')
  const { event, data } = await passHook(core, identity, { topic: c, event: e, data: d })
  assertSize(data)
  const name = nameOf(identity.tenant, c)
  // The digest is of what the client sent: a hook may say something new each time.
  return store(core, { name, event, data, key: k, sender: identity.user, digest: digestOf(e, d) })
}

async function passHook(
  core: ServerCore,
  identity: Identity,
  message: { topic: string; event: string; data: unknown },
): Promise<{ event: string; data: unknown }> {
  const { onPublish } = core.rulesOf(message.topic)
  if (!onPublish) return message
  try {
    const instead = await core.hooks.limited('onPublish', () => onPublish({ ...message, identity }))
    if (!instead) return message
    return { event: instead.event ?? message.event, data: 'data' in instead ? instead.data : message.data }
  } catch (error) {
    if (error instanceof EverwireError && error.code === 'rejected') throw new Refusal(CODE.badFrame, error.message)
    if (error instanceof Refusal) throw error
    core.log({ level: 'error', message: 'onPublish failed', error })
    throw new Refusal(CODE.internal, 'the server could not check the message')
  }
}
