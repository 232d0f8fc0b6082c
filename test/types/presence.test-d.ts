import {
  type EverwireError,
  type PresenceMember,
  type PresenceSnapshot,
  type RealtimeClient,
  skip,
  usePresence,
  usePresenceList,
  usePresenceMember,
} from 'everwire'
import { createRealtimeServer } from 'everwire/server'
import { expectTypeOf, test } from 'vitest'

interface Profile {
  readonly name: string
}

test('the info that is said is the info of the members', () => {
  const { members, count, self, status, error } = usePresence('chat:lobby', { name: 'Ann' })
  expectTypeOf(members).toEqualTypeOf<readonly PresenceMember<{ name: string }>[]>()
  expectTypeOf(count).toBeNumber()
  expectTypeOf(self).toEqualTypeOf<string | undefined>()
  expectTypeOf(status).toEqualTypeOf<'idle' | 'connecting' | 'live' | 'stale' | 'error'>()
  expectTypeOf(error).toEqualTypeOf<EverwireError | null>()
  expectTypeOf(usePresence<Profile>(skip).members[0]!.info).toEqualTypeOf<Profile>()
  // @ts-expect-error the info must be what was promised
  usePresence<Profile>('chat:lobby', { title: 'Ann' })
  // @ts-expect-error members are not to be changed
  members.push({ user: 'ann', info: { name: 'Ann' }, conns: 1 })
})

test('a status tells whether there is an error', () => {
  const presence = usePresenceList('chat:lobby')
  if (presence.status === 'error') expectTypeOf(presence.error).toEqualTypeOf<EverwireError>()
  else expectTypeOf(presence.error).toBeNull()
  // @ts-expect-error unknown infos have no fields
  void presence.members[0]?.info.name
})

test('select narrows the list', () => {
  expectTypeOf(usePresenceList<Profile>('chat:lobby')).toEqualTypeOf<PresenceSnapshot<Profile>>()
  expectTypeOf(usePresenceList('chat:lobby', { select: ({ count }) => count })).toBeNumber()
  const names = usePresenceList('chat:lobby', {
    select: ({ members }: PresenceSnapshot<Profile>) => members.map(({ info }) => info.name),
    isEqual: (a, b) => a.join() === b.join(),
  })
  expectTypeOf(names).toEqualTypeOf<string[]>()
  expectTypeOf(usePresenceMember<Profile>('chat:lobby', 'ann')).toEqualTypeOf<PresenceMember<Profile> | undefined>()
})

test('without React it is a store', () => {
  const presence = ({} as RealtimeClient).presence<Profile>('chat:lobby', { flush: 'frame' })
  expectTypeOf(presence.getSnapshot()).toEqualTypeOf<PresenceSnapshot<Profile>>()
  expectTypeOf(presence.subscribe(() => {})).toEqualTypeOf<() => void>()
  expectTypeOf(presence.join({ name: 'Ann' })).toEqualTypeOf<() => void>()
  // @ts-expect-error the info must be what was promised
  presence.join({ title: 'Ann' })
})

test('a server says where there is presence and for whom', () => {
  createRealtimeServer({
    topics: { chat: { presence: true } },
    presenceLingerMs: 1_000,
    limits: { infoBytes: 100, presentUsers: 50, presenceMs: 100 },
    authorize: ({ action }) => action === 'presence' || action === 'watch',
  })
})
