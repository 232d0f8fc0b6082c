import { onTestFinished } from 'vitest'

/** What a page keeps running, in words that name the culprit. */
export interface Footprint {
  readonly listeners: readonly string[]
  readonly timers: readonly string[]
  readonly sockets: readonly string[]
  readonly requests: readonly string[]
}

export const NOTHING: Footprint = { listeners: [], timers: [], sockets: [], requests: [] }

export interface FootprintWatch {
  readonly now: () => Footprint
  /** The WebSockets and requests that the endpoints of a realtime server got since the watch began, open or not. */
  readonly opened: readonly string[]
}

/** Watches listeners on window and document, timers, WebSockets and requests that begin while a test runs. */
export function watchFootprint(): FootprintWatch {
  const listeners = new Set<string>()
  const timers = new Map<unknown, string>()
  const sockets = new Set<WebSocket>()
  const requests = new Map<object, string>()
  const opened: string[] = []
  const note = (name: string) => void (name.includes('/realtime/') && opened.push(name))

  for (const target of [window, document]) {
    const name = target === window ? 'window' : 'document'
    const ids = new Map<unknown, number>()
    const keyOf = (type: string, handler: unknown) => {
      ids.set(handler, ids.get(handler) ?? ids.size)
      return `${name} ${type} #${ids.get(handler)}`
    }
    replace(target, 'addEventListener', (original) => (...args: Parameters<typeof original>) => {
      listeners.add(keyOf(args[0], args[1]))
      original.apply(target, args)
    })
    replace(target, 'removeEventListener', (original) => (...args: Parameters<typeof original>) => {
      listeners.delete(keyOf(args[0], args[1]))
      original.apply(target, args)
    })
  }

  const start =
    (name: string, original: (run: () => void, ms?: number) => unknown) => (run: () => void, ms?: number) => {
      const id = original(() => {
        if (name !== 'interval') timers.delete(id)
        run()
      }, ms)
      timers.set(id, ms === undefined ? name : `${name} of ${ms} ms`)
      return id
    }
  const stop = (original: (id: never) => void) => (id: unknown) => {
    timers.delete(id)
    original(id as never)
  }
  replace(window, 'setTimeout', (original) => start('timer', original) as typeof setTimeout)
  replace(window, 'setInterval', (original) => start('interval', original) as typeof setInterval)
  replace(window, 'clearTimeout', stop)
  replace(window, 'clearInterval', stop)

  replace(
    window,
    'WebSocket',
    (Original) =>
      class extends Original {
        constructor(url: string | URL, protocols?: string | string[]) {
          super(url, protocols)
          sockets.add(this)
          note(`websocket ${this.url}`)
        }
      },
  )
  replace(window, 'fetch', (original) => async (input, init) => {
    const name = `request of ${input instanceof Request ? input.url : input}`
    note(name)
    const request = {}
    requests.set(request, name)
    try {
      return await original(input, init)
    } finally {
      requests.delete(request)
    }
  })

  return {
    opened,
    now: () => ({
      listeners: [...listeners],
      timers: [...timers.values()],
      sockets: [...sockets].filter(({ readyState }) => readyState !== WebSocket.CLOSED).map(({ url }) => url),
      requests: [...requests.values()],
    }),
  }
}

function replace<Target extends object, Name extends keyof Target>(
  target: Target,
  name: Name,
  make: (original: Target[Name]) => Target[Name],
): void {
  const own = Object.getOwnPropertyDescriptor(target, name)
  const original = target[name]
  target[name] = make(typeof original === 'function' && name !== 'WebSocket' ? original.bind(target) : original)
  onTestFinished(() => {
    if (own) Object.defineProperty(target, name, own)
    else delete target[name]
  })
}
