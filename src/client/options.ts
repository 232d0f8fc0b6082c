import type { BackoffOptions } from '../lib/backoff.ts'
import type { EverwireError } from '../protocol/errors.ts'
import type { ClientOutboxOptions } from './outbox-options.ts'
import type { Transport } from './transport.ts'

/** How the ladder falls and climbs. All times in milliseconds. */
export interface LadderOptions {
  /**
   * After how long without proof the next transport is started beside the newest attempt (RFC 8305 in spirit); never
   * less than twice the last known round trip.
   * @defaultValue 300
   */
  readonly raceAfterMs?: number
  /**
   * How long an attempt may take to be proven; doubled, tripled, at most quadrupled for the attempts that follow a
   * failure of all transports, so that slow links get through.
   * @defaultValue 5000
   */
  readonly proveWithinMs?: number
  /**
   * A life shorter than this is a strike, two strikes demote a transport; only a longer one resets the back-off.
   * @defaultValue 10000
   */
  readonly stableMs?: number
  /**
   * When better transports are tried again from a lower one: between `minMs` and six times that, jittered, doubling
   * with each failure up to `maxMs`; at once when the page wakes or the network changes.
   * @defaultValue \{ minMs: 10000, maxMs: 600000 \}
   */
  readonly climb?: Partial<BackoffOptions>
  /**
   * Back-off while nothing can be reached: full jitter. The server's own retry window overrides it.
   * @defaultValue \{ minMs: 500, maxMs: 5000 \}
   */
  readonly retry?: Partial<BackoffOptions>
}

/** Where the ladder remembers what worked; `localStorage` fits. */
export interface LadderStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** Why a token is asked for. */
export interface TokenRequest {
  /** The one before was refused or ends soon: a cached one is of no use. */
  readonly renew: boolean
}

/** Options of the framework-free core; `createClient` adds those of the transports. */
export interface CoreOptions {
  /** Base URL of the server's endpoints: absolute, or relative to the page. */
  readonly url: string
  /** The transports, best first. */
  readonly transports: readonly Transport[]
  /**
   * Asked for the token on every open, and before it ends where the server says when: over WebSocket the wire stays,
   * the others are replaced without a gap. The token never travels in a URL. Throwing means that there is none now.
   */
  readonly auth?: ((request: TokenRequest) => string | Promise<string>) | undefined
  readonly ladder?: LadderOptions | undefined
  /**
   * How long a topic stays subscribed after its last listener left, and with the last topic the connection; also how long
   * the connection outlives its last send. In milliseconds; `0`: not at all. Covers route changes and development double
   * mounts. The `keepAliveMs` of a state counts as part of it.
   * @defaultValue 5000
   */
  readonly lingerMs?: number | undefined
  /**
   * All tabs of the page's origin that have the same server and the same token share one connection: the tab that leads
   * has it, and when it closes, crashes or freezes another one goes on without a gap. Where Web Locks or
   * BroadcastChannel are missing (insecure contexts, Node) each tab has its own. @defaultValue false
   */
  readonly shareTabs?: boolean | undefined
  /**
   * Remembers per URL for 30 minutes which transport worked, so that the next page load starts there and tries the
   * better ones beside it. `false`: remembers nothing.
   * @defaultValue `localStorage` where there is one
   */
  readonly storage?: LadderStorage | false | undefined
  readonly outbox?: ClientOutboxOptions | undefined
  /** Closes the connection this long after the page was hidden, in milliseconds. @defaultValue never */
  readonly pauseHiddenAfterMs?: number | undefined
  /**
   * Hears what went wrong without belonging to one call: refused topics, bad frames, and what handlers and reducers throw
   * (`handler`, with the `cause`). Where it is absent, the latter is reported as an uncaught error (`reportError`).
   */
  readonly onError?: ((error: EverwireError) => void) | undefined
}
