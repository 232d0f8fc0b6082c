import { act, configure, render, renderHook, screen } from '@testing-library/react'
import { type ReactNode, startTransition, useLayoutEffect, useState } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { PresentUser } from '../../src/protocol/frame.ts'
import { ClientContext } from '../../src/react/client-context.ts'
import { skip } from '../../src/react/skip.ts'
import { usePresence } from '../../src/react/use-presence.ts'
import { usePresenceList } from '../../src/react/use-presence-list.ts'
import { usePresenceMember } from '../../src/react/use-presence-member.ts'
import { createFakeClient, type FakeClient } from '../support/fake-client.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

// Around everything: a StrictMode further down does not run the effects of a first mount twice.
configure({ reactStrictMode: true })

const T = 'chat:lobby'
const present = (user: string, info: unknown = {}): PresentUser => ({ user, info, conns: 1 })

const provide = (client: FakeClient) =>
  function Provide({ children }: { children: ReactNode }) {
    return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
  }

const nextFrame = () => act(() => void vi.advanceTimersToNextFrame())
const afterMs = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))
/** What is said gathers until the end of the task. */
const endOfTask = () => act(async () => {})

let version = 0
/** The server tells the whole list. */
const tellAll = (client: FakeClient, ...join: readonly PresentUser[]) => {
  const i = `v${++version}`
  client.tellPresence(T, { ok: 1, i, n: join.length, you: 'ann' })
  client.tellPresence(T, { all: 1, i, join, n: join.length })
}

test('joins once, also in StrictMode, and says who is there', async () => {
  const client = createFakeClient()
  const { result } = renderHook(() => usePresence<{ mood: string }>(T, { mood: 'fine' }), { wrapper: provide(client) })
  await endOfTask()
  expect(result.current).toMatchObject({ status: 'connecting', members: [], count: 0, self: undefined })
  expect(client.wishes).toEqual([{ t: 'pres', c: T, on: true, info: { mood: 'fine' }, watch: true }])
  act(() => tellAll(client, present('ann', { mood: 'fine' }), present('bob', { mood: 'so' })))
  nextFrame()
  expect(result.current).toMatchObject({ status: 'live', count: 2, self: 'ann', error: null })
  expect(result.current.members.map(({ user, info }) => `${user} ${info.mood}`)).toEqual(['ann fine', 'bob so'])
})

test('an inline info of the same content says nothing anew, in whatever order its fields are', async () => {
  const client = createFakeClient()
  const first: { mood: string; place?: object } = { mood: 'fine', place: { x: 1, y: 2 } }
  const { rerender } = renderHook(({ info }) => usePresence(T, info), {
    initialProps: { info: first },
    wrapper: provide(client),
  })
  await endOfTask()
  for (let round = 0; round < 5; round++) rerender({ info: { place: { y: 2, x: 1 }, mood: 'fine' } })
  await afterMs(10_000)
  expect(client.wishes).toHaveLength(1)
  rerender({ info: { mood: 'great' } })
  await endOfTask()
  expect(client.wishes.slice(1)).toEqual([{ t: 'pres', c: T, on: true, info: { mood: 'great' }, watch: true }])
})

test('two components of one topic are there once, and it leaves some time after the last one', async () => {
  const client = createFakeClient()
  const Wrapper = provide(client)
  const One = () => <i>{usePresence(T, 'one').count}</i>
  const Two = () => <i>{usePresence(T, 'two').count}</i>
  const page = (both: boolean) => (
    <Wrapper>
      <One />
      {both && <Two />}
    </Wrapper>
  )
  const { rerender, unmount } = render(page(true))
  await endOfTask()
  rerender(page(false))
  await afterMs(10_000)
  expect(client.wishes.map(({ on, info }) => [on, info])).toEqual([
    [true, 'two'],
    [true, 'one'],
  ])
  unmount()
  await afterMs(4_999)
  expect(client.wishes).toHaveLength(2)
  await afterMs(1)
  expect(client.wishes.at(-1)).toEqual({ t: 'pres', c: T, on: false })
  expect(vi.getTimerCount()).toBe(0)
})

test('a swap of components in one commit never leaves', async () => {
  const client = createFakeClient()
  const One = () => <i>{usePresence(T).count}</i>
  const { rerender } = render(<One key="a" />, { wrapper: provide(client) })
  await endOfTask()
  rerender(<One key="b" />)
  await afterMs(10_000)
  expect(client.wishes).toHaveLength(1)
})

test('another topic is joined, and the first one left some time after', async () => {
  const client = createFakeClient()
  const { rerender } = renderHook(({ topic }) => usePresence(topic), {
    initialProps: { topic: 'chat:a' },
    wrapper: provide(client),
  })
  await endOfTask()
  rerender({ topic: 'chat:b' })
  await endOfTask()
  expect(client.wishes.map(({ c, on }) => `${c} ${on}`)).toEqual(['chat:a true', 'chat:b true'])
  await afterMs(5_000)
  expect(client.wishes.at(-1)).toEqual({ t: 'pres', c: 'chat:a', on: false })
  expect(client.wishes.some(({ c, on }) => c === 'chat:b' && !on)).toBe(false)
})

test('skip is nowhere and watches nothing', async () => {
  const client = createFakeClient()
  const all = renderHook(
    () => [usePresence(skip, { a: 1 }), usePresenceList(skip), usePresenceMember(skip, 'ann')] as const,
    { wrapper: provide(client) },
  )
  await afterMs(10_000)
  expect(client.wishes).toEqual([])
  expect(all.result.current[0]).toBe(all.result.current[1])
  expect(all.result.current[0]).toMatchObject({ status: 'idle', members: [], count: 0 })
  expect(all.result.current[2]).toBeUndefined()
})

test('the list is watched without being there, and select renders only what it selects', async () => {
  const client = createFakeClient()
  const rendered: number[] = []
  const { result } = renderHook(
    () => {
      const count = usePresenceList(T, { select: (presence) => presence.count })
      rendered.push(count)
      return count
    },
    { wrapper: provide(client) },
  )
  await endOfTask()
  expect(client.wishes).toEqual([{ t: 'pres', c: T, on: false, watch: true }])
  act(() => tellAll(client, present('ann'), present('bob')))
  nextFrame()
  expect(result.current).toBe(2)
  const before = rendered.length
  act(() => client.tellPresence(T, { i: `v${++version}`, join: [present('bob', { mood: 'new' })], n: 2 }))
  nextFrame()
  expect(rendered).toHaveLength(before)
})

test('one member renders only when that one changes', async () => {
  const client = createFakeClient()
  let renders = 0
  const { result } = renderHook(
    () => {
      renders++
      return usePresenceMember<{ mood: string }>(T, 'bob')
    },
    { wrapper: provide(client) },
  )
  await endOfTask()
  expect(result.current).toBeUndefined()
  act(() => tellAll(client, present('ann', { mood: 'a' }), present('bob', { mood: 'b' })))
  nextFrame()
  expect(result.current).toEqual({ user: 'bob', info: { mood: 'b' }, conns: 1 })
  const before = renders
  for (let round = 0; round < 10; round++) {
    act(() => client.tellPresence(T, { i: `v${++version}`, join: [present('ann', { mood: round })], n: 2 }))
    nextFrame()
  }
  act(() => tellAll(client, present('ann', { mood: 'a' }), present('bob', { mood: 'b' })))
  nextFrame()
  expect(renders).toBe(before)
  act(() => client.tellPresence(T, { i: `v${++version}`, join: [present('bob', { mood: 'c' })], n: 2 }))
  nextFrame()
  expect(result.current?.info.mood).toBe('c')
  act(() => client.tellPresence(T, { i: `v${++version}`, leave: ['bob'], n: 1 }))
  nextFrame()
  expect(result.current).toBeUndefined()
})

test('many changes in a frame are rendered at most twice', async () => {
  const client = createFakeClient()
  const commits: number[] = []
  function Room() {
    const { members } = usePresenceList(T)
    useLayoutEffect(() => void commits.push(members.length), [members])
    return <output>{members.length}</output>
  }
  render(<Room />, { wrapper: provide(client) })
  await endOfTask()
  act(() => tellAll(client))
  nextFrame()
  const before = commits.length
  act(() => {
    for (let n = 1; n <= 100; n++) {
      client.tellPresence(T, { i: `v${++version}`, join: [present(`user-${n}`)], n })
    }
  })
  nextFrame()
  nextFrame()
  expect(screen.getByRole('status')).toHaveTextContent('100')
  expect(commits.length - before).toBeLessThanOrEqual(4)
})

test('a transition that mounts many sees one list in every commit', async () => {
  const client = createFakeClient()
  const commits: Set<number>[] = []
  let current = new Set<number>()
  function Leaf() {
    const count = usePresenceList(T, { select: (presence) => presence.count })
    useLayoutEffect(() => void current.add(count))
    return null
  }
  let show = (shown: boolean): void => void shown
  function Page() {
    const [shown, setShown] = useState(false)
    show = setShown
    useLayoutEffect(() => {
      commits.push(current)
      current = new Set()
    })
    return <>{shown && Array.from({ length: 50 }, (_, index) => <Leaf key={index} />)}</>
  }
  render(<Page />, { wrapper: provide(client) })
  act(() => {
    startTransition(() => show(true))
    tellAll(client, present('ann'))
  })
  await endOfTask()
  act(() => tellAll(client, present('ann'), present('bob')))
  nextFrame()
  for (const seen of commits) expect(seen.size).toBeLessThanOrEqual(1)
})

test('a server renders nobody, and the browser begins with that', async () => {
  const client = createFakeClient()
  const Wrapper = provide(client)
  const Room = () => {
    const { status, count } = usePresence(T)
    return <output>{`${status} ${count} ${usePresenceMember(T, 'ann')?.user}`}</output>
  }
  const page = (
    <Wrapper>
      <Room />
    </Wrapper>
  )
  const html = renderToString(page)
  expect(html).toContain('idle 0 undefined')
  expect(client.wishes).toEqual([])
  const place = document.body.appendChild(document.createElement('div'))
  place.innerHTML = html
  const onRecoverableError = vi.fn()
  const root = await act(async () => hydrateRoot(place, page, { onRecoverableError }))
  expect(onRecoverableError).not.toHaveBeenCalled()
  expect(place).toHaveTextContent('connecting 0')
  act(() => tellAll(client, present('ann')))
  nextFrame()
  expect(place).toHaveTextContent('live 1 ann')
  await act(async () => root.unmount())
  place.remove()
})
