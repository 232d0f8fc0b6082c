import { useRealtime } from 'everwire'
import type { Notice } from '../../topics/notices.ts'
import { formatTime } from '../lib/format.ts'
import { scrollable } from '../lib/scrollable.ts'
import './notices.css'

/** The latest notifications, newest first. */
export function Notices({ name }: { readonly name: string }) {
  const { data: messages } = useRealtime<Notice>(`notifications:${name}`, { last: 12 })
  return (
    <section className="card notices" aria-labelledby="notices-title">
      <h2 id="notices-title">Notifications</h2>
      {messages.length === 0 ? (
        <p className="explain">A price that moves by 3 % is worth a line here.</p>
      ) : (
        <ol {...scrollable} aria-labelledby="notices-title">
          {messages.toReversed().map(({ id, data, sentAt }) => (
            <li key={id}>
              <p>
                <strong>{data.title}</strong>
                <time dateTime={new Date(sentAt).toISOString()}>{formatTime(sentAt)}</time>
              </p>
              <p className="notice-text">{data.text}</p>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
