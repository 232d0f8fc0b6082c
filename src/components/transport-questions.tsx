'use client'
import { type ReactNode, useId } from 'react'
import type { TransportRequirements } from '../client/recommend-transport.ts'

/** A question whose answers are to be chosen from. */
export interface ChoiceQuestion<Answer extends string> {
  readonly question: string
  readonly answers: Readonly<Record<Answer, string>>
}

/** The guide's questions, each with its answers. */
export interface GuideQuestions {
  readonly direction: ChoiceQuestion<TransportRequirements['direction']>
  readonly messagesPerSecond: { readonly question: string }
  readonly binary: ChoiceQuestion<'no' | 'yes'>
  readonly latency: ChoiceQuestion<TransportRequirements['latency']>
  readonly proxies: ChoiceQuestion<TransportRequirements['proxies']>
  readonly http2: ChoiceQuestion<'yes' | 'no'>
  readonly infrastructure: ChoiceQuestion<TransportRequirements['infrastructure']>
  readonly tabs: { readonly question: string }
}

export const GUIDE_QUESTIONS: GuideQuestions = {
  direction: {
    question: 'Who speaks?',
    answers: { down: 'The server; the client asks now and then', both: 'Both, often' },
  },
  messagesPerSecond: { question: 'Messages to one client, in its busiest second' },
  binary: { question: 'Are messages bytes, such as audio or images?', answers: { no: 'No', yes: 'Yes' } },
  latency: {
    question: 'How soon must a message be there?',
    answers: {
      'at-once': 'As soon as the network can',
      'a-second': 'Within a second',
      'some-seconds': 'In some seconds',
    },
  },
  proxies: {
    question: 'What is between users and servers?',
    answers: {
      open: 'Nothing that minds',
      own: 'Proxies of our own',
      corporate: 'Networks of companies, hotels, schools',
    },
  },
  http2: { question: 'Do pages reach the server over HTTP/2 or later?', answers: { yes: 'Yes', no: 'No' } },
  infrastructure: {
    question: 'What answers?',
    answers: { servers: 'Servers that hold connections', functions: 'Functions with seconds to live' },
  },
  tabs: { question: 'Tabs that one user has open' },
}

export interface TransportQuestionsProps {
  readonly questions: GuideQuestions
  readonly requirements: TransportRequirements
  readonly onChange: (changed: Partial<TransportRequirements>) => void
}

/** The guide's form. */
export function TransportQuestions({ questions, requirements, onChange }: TransportQuestionsProps): ReactNode {
  const { direction, messagesPerSecond, binary, latency, proxies, http2, infrastructure, tabs } = requirements
  return (
    <div className="ew-questions">
      <Choice {...questions.direction} value={direction} onChange={(answer) => onChange({ direction: answer })} />
      <Choice {...questions.latency} value={latency} onChange={(answer) => onChange({ latency: answer })} />
      <Choice {...questions.proxies} value={proxies} onChange={(answer) => onChange({ proxies: answer })} />
      <Choice
        {...questions.infrastructure}
        value={infrastructure}
        onChange={(answer) => onChange({ infrastructure: answer })}
      />
      <Choice
        {...questions.binary}
        value={binary ? 'yes' : 'no'}
        onChange={(answer) => onChange({ binary: answer === 'yes' })}
      />
      <Choice
        {...questions.http2}
        value={http2 ? 'yes' : 'no'}
        onChange={(answer) => onChange({ http2: answer === 'yes' })}
      />
      <Amount
        {...questions.messagesPerSecond}
        min={0}
        value={messagesPerSecond}
        onChange={(amount) => onChange({ messagesPerSecond: amount })}
      />
      <Amount {...questions.tabs} min={1} value={tabs} onChange={(amount) => onChange({ tabs: amount })} />
    </div>
  )
}

interface ChoiceProps<Answer extends string> extends ChoiceQuestion<Answer> {
  readonly value: Answer
  readonly onChange: (answer: Answer) => void
}

function Choice<Answer extends string>({ question, answers, value, onChange }: ChoiceProps<Answer>) {
  const name = useId()
  return (
    <fieldset className="ew-question">
      <legend>{question}</legend>
      {(Object.keys(answers) as Answer[]).map((answer) => (
        <label key={answer}>
          <input type="radio" name={name} value={answer} checked={value === answer} onChange={() => onChange(answer)} />
          {answers[answer]}
        </label>
      ))}
    </fieldset>
  )
}

interface AmountProps {
  readonly question: string
  readonly min: number
  readonly value: number
  readonly onChange: (amount: number) => void
}

function Amount({ question, min, value, onChange }: AmountProps) {
  return (
    <label className="ew-field">
      <span>{question}</span>
      <input
        type="number"
        inputMode="decimal"
        min={min}
        step="any"
        defaultValue={value}
        onChange={({ target }) => {
          // While a number is being typed it may be none: the last one that was stays.
          if (target.value !== '' && target.valueAsNumber >= min) onChange(target.valueAsNumber)
        }}
      />
    </label>
  )
}
