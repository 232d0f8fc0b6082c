import type { RealtimeClient } from '../../src/client/realtime-client.ts'
import { EverwireError, type Position } from '../../src/server.ts'
import type { Dice } from './dice.ts'
import type { Ledger } from './ledger.ts'
import type { Accuse } from './violation.ts'

/** The sends of one client to one topic, and what became of them. */
export interface Sender {
  /** Sends once: as usual, twice with the same key, with little patience, or taken back soon. */
  send(): void
  readonly open: number
  readonly acked: number
  /** Reported as not acknowledged. */
  readonly unacked: number
  /** Accuses of acknowledgements that the ledger does not know, and of sends that were never settled. */
  finish(): void
}

interface SenderOptions {
  readonly name: string
  readonly client: RealtimeClient
  readonly topic: string
  readonly ledger: Ledger
  readonly dice: Dice
  readonly accuse: Accuse
  /** The history never began anew, so the order of acknowledged sends is that of their calls. */
  readonly isOrdered: () => boolean
}

export function createSender({ name, client, topic, ledger, dice, accuse, isOrdered }: SenderOptions): Sender {
  const acks: { readonly number: number; readonly id: Position }[] = []
  let last = 0
  let open = 0
  let acked = 0
  let unacked = 0

  function call(number: number, key: string | undefined, options: { timeoutMs?: number; signal?: AbortSignal }) {
    const data = { name: `${name}-${number}`, padding: '' }
    open++
    return client.send(topic, 'chat', data, { timeoutMs: 30_000, ...options, ...(key !== undefined && { key }) }).then(
      ({ id }) => {
        open--
        acked++
        if (!ledger.storedAt(data.name).includes(id))
          accuse('ack-untrue', `${data.name} was acknowledged at ${id} of ${topic}, which holds another message`)
        return id
      },
      (error: unknown) => {
        open--
        if (!(error instanceof EverwireError)) throw error
        unacked++
        return undefined
      },
    )
  }

  return {
    get open() {
      return open
    },
    get acked() {
      return acked
    },
    get unacked() {
      return unacked
    },
    send() {
      const number = ++last
      const roll = dice.roll()
      if (roll < 0.15) {
        const key = `${name}-${number}`
        void call(number, key, {})
        void call(number, key, {})
      } else if (roll < 0.25) void call(number, undefined, { timeoutMs: dice.between(20, 400) })
      else if (roll < 0.35) void call(number, undefined, { signal: AbortSignal.timeout(dice.between(0, 200)) })
      else void call(number, undefined, {}).then((id) => id !== undefined && acks.push({ number, id }))
    },
    finish() {
      if (open > 0) accuse('unsettled', `${open} sends of ${name} to ${topic} were never settled`)
      if (!isOrdered()) return
      acks.sort((a, b) => a.number - b.number)
      for (const [index, { number, id }] of acks.entries()) {
        const before = acks[index - 1]
        if (before && ledger.rankOf(topic, before.id)! > ledger.rankOf(topic, id)!)
          accuse(
            'sends-reordered',
            `${name}-${number} at ${id} is stored before ${name}-${before.number} at ${before.id}`,
          )
      }
    },
  }
}
