import { useRealtime } from 'everwire'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { ChatMessage } from '../../topics/chat.ts'
import { formatTime } from '../lib/format.ts'
import { scrollable } from '../lib/scrollable.ts'
import { useOutgoing } from './use-outgoing.ts'
import './chat.css'

/** A room that all visitors share: the history of the room, one's own messages on their way, and a line to write. */
export function Chat({ room }: { readonly room: string }) {
  const { data: messages } = useRealtime<ChatMessage>(`chat:${room}`, { last: 50 })
  const { outgoing, say, retry, discard } = useOutgoing(room)
  const arrived = new Set(messages.map((message) => message.key))
  const waiting = outgoing.filter(({ key }) => !arrived.has(key))

  const log = useRef<HTMLDivElement>(null)
  useEffect(() => {
    log.current?.scrollTo({ top: log.current.scrollHeight })
  }, [messages, waiting.length])

  return (
    <section className="card chat" aria-labelledby="chat-title">
      <h2 id="chat-title">Chat</h2>
      <div className="messages" role="log" aria-label={`Messages in ${room}`} {...scrollable} ref={log}>
        <ol>
          {messages.length === 0 && waiting.length === 0 && <li className="explain">Nobody has said anything yet.</li>}
          {messages.map(({ id, data, sentAt }) => (
            <li key={id}>
              <p className="who">
                <strong>{data.name}</strong> <time dateTime={new Date(sentAt).toISOString()}>{formatTime(sentAt)}</time>
              </p>
              <p className="text">{data.text}</p>
            </li>
          ))}
          {waiting.map((message) => (
            <li key={message.key} className="waiting" data-failed={message.error !== undefined}>
              <p className="who">
                <strong>{message.name}</strong>{' '}
                {message.error === undefined ? 'sending…' : `not sent: ${message.error}`}
              </p>
              <p className="text">{message.text}</p>
              {message.error !== undefined && (
                <p className="second-chance">
                  <button type="button" className="button small" onClick={() => retry(message)}>
                    Try again
                  </button>
                  <button type="button" className="button small" onClick={() => discard(message)}>
                    Discard
                  </button>
                </p>
              )}
            </li>
          ))}
        </ol>
      </div>
      <Composer onSay={say} />
    </section>
  )
}

function Composer({ onSay }: { readonly onSay: (name: string, text: string) => void }) {
  const [name, setName] = useState(() => `Guest ${100 + Math.floor(Math.random() * 900)}`)
  const [text, setText] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSay(name.trim(), text.trim())
    setText('')
  }
  return (
    <form className="composer" onSubmit={submit}>
      <label>
        <span>Name</span>
        <input
          value={name}
          maxLength={40}
          required
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label>
        <span>Message</span>
        <input
          value={text}
          maxLength={2000}
          required
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <button type="submit" className="button primary" disabled={name.trim() === '' || text.trim() === ''}>
        Send
      </button>
    </form>
  )
}
