import { fileURLToPath } from 'node:url'
import { type Plugin, runnerImport } from 'vite'
import type * as Run from './run.ts'
import type { ViolationKind } from './violation.ts'

/** One mechanism taken out, by replacing text of the sources when they are loaded. */
export interface Mutant {
  readonly mechanism: string
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[]
  /** Needs a history that begins anew now and then, or loses what instances heard. */
  readonly wipe?: boolean
  /** What breaks without it. */
  readonly breaks: readonly ViolationKind[]
}

export const MUTANTS: readonly Mutant[] = [
  {
    mechanism: 'the gap check of the live feed',
    edits: [
      {
        file: 'src/server/feed.ts',
        find: 'if (!follows) return this.suspect()',
        replace: '',
      },
    ],
    breaks: ['lost'],
  },
  {
    mechanism: 'replay, then attach in the same tick',
    edits: [
      {
        file: 'src/server/feed.ts',
        find: 'if (joiner.joined({ restart, missed, head: this.head! })) this.#live.add(joiner)',
        replace: 'if (joiner.joined({ restart, missed, head: this.head! })) setImmediate(() => this.#live.add(joiner))',
      },
    ],
    breaks: ['lost', 'doubled', 'reordered'],
  },
  {
    mechanism: 'the de-duplication of the client',
    edits: [
      {
        file: 'src/client/topic-state.ts',
        find: 'if (place && known && place.epoch === known.epoch && place.offset <= known.offset) {',
        replace: 'if (false as boolean) {',
      },
    ],
    breaks: ['doubled', 'reordered'],
  },
  {
    mechanism: 'the tag check of the live feed',
    edits: [
      {
        file: 'src/server/feed.ts',
        find: 'if (known !== undefined && known !== entry.tag) this.suspect()',
        replace: '',
      },
      {
        file: 'src/server/feed.ts',
        find: ' && (prev.tag ?? tag) === tag',
        replace: '',
      },
    ],
    wipe: true,
    // Which of these comes first is a matter of where the fork lies.
    breaks: ['lost', 'doubled', 'reordered'],
  },
  {
    mechanism: 'the tag check of a resume',
    edits: [
      {
        file: 'src/server/feed.ts',
        find: "(parts.tag === head.tag ? [] : 'fork')",
        replace: '[]',
      },
      {
        file: 'src/server/stretch.ts',
        find: "return entries[at]!.tag === tag ? entries.slice(at + 1) : 'fork'",
        replace: 'return entries.slice(at + 1)',
      },
    ],
    wipe: true,
    // Which of these comes first is a matter of where the fork lies.
    breaks: ['lost', 'doubled', 'reordered'],
  },
  {
    mechanism: 'the order of make before break: a wire that takes over must have asked where the client stands',
    edits: [
      {
        file: 'src/client/connection.ts',
        find: "if (options.isStale(attempt.subs)) return dispatch({ type: 'stale', id })",
        replace: '',
      },
      {
        file: 'src/client/topics.ts',
        find: '&& contradicts(topic.state, frame.i, topic.asked)',
        replace: '&& (false as boolean)',
      },
    ],
    wipe: true,
    breaks: ['lost', 'doubled', 'reordered'],
  },
  {
    mechanism: 'the idempotency of sends',
    edits: [
      {
        file: 'src/server/backplane/memory-topic.ts',
        find: 'if (known && known.until > now) {',
        replace: 'if (false as boolean) {',
      },
    ],
    breaks: ['stored-twice'],
  },
  {
    mechanism: 'one key for all tries of a send',
    edits: [
      {
        file: 'src/transports/http-send.ts',
        find: 'frames.map(encodeFrame)',
        replace: 'frames.map((frame) => encodeFrame({ ...frame, k: String(Math.random()) }))',
      },
    ],
    breaks: ['stored-twice'],
  },
]

/** Loads the chaos with sources of its own, changed as told. Throws where there is nothing to change in them. */
export async function loadChaos(edits: Mutant['edits'] = []): Promise<typeof Run> {
  const made = new Set<Mutant['edits'][number]>()
  const plugin: Plugin = {
    name: 'everwire:mutant',
    enforce: 'pre',
    transform(code, id) {
      let changed = code
      for (const edit of edits) {
        if (!id.endsWith(`/${edit.file}`)) continue
        const times = changed.split(edit.find).length - 1
        if (times !== 1)
          throw new Error(`expected ${JSON.stringify(edit.find)} once in ${edit.file}, found it ${times} times`)
        changed = changed.replace(edit.find, () => edit.replace)
        made.add(edit)
      }
      return changed === code ? undefined : { code: changed, map: null }
    },
  }
  const { module } = await runnerImport<typeof Run>(fileURLToPath(new URL('./run.ts', import.meta.url)), {
    plugins: [plugin],
    logLevel: 'error',
  })
  for (const edit of edits) if (!made.has(edit)) throw new Error(`${edit.file} was not loaded`)
  return module
}
