'use client'
import {
  type ComponentPropsWithoutRef,
  forwardRef,
  type ForwardRefExoticComponent,
  type ReactNode,
  type RefAttributes,
  useId,
  useState,
} from 'react'
import {
  type RankedTransport,
  recommendTransport,
  type TransportRecommendation,
  type TransportRequirements,
} from '../client/recommend-transport.ts'
import { classNames } from './class-name.ts'
import { TRANSPORT_LABELS, type TransportLabels } from './connection-labels.ts'
import { CopyButton, type CopyLabels } from './copy-button.tsx'
import { GUIDE_QUESTIONS, type GuideQuestions, TransportQuestions } from './transport-questions.tsx'

/** Every text of the guide but those of the recommendation, which `recommend` says. */
export interface TransportGuideLabels extends CopyLabels {
  /** Names the guide. */
  readonly guide: string
  readonly questions: GuideQuestions
  readonly transports: TransportLabels
  readonly recommendation: string
  readonly first: string
  readonly excluded: string
  readonly score: (score: number) => string
  readonly reasonsFor: string
  readonly reasonsAgainst: string
  readonly pitfalls: string
  /** Before what everwire does about a pitfall. */
  readonly cure: string
  readonly code: string
}

const LABELS: TransportGuideLabels = {
  guide: 'Which transport?',
  questions: GUIDE_QUESTIONS,
  transports: TRANSPORT_LABELS,
  recommendation: 'Recommendation',
  first: 'Begin here',
  excluded: 'Not possible',
  score: (score) => `${score} of 100`,
  reasonsFor: 'For it',
  reasonsAgainst: 'Against it',
  pitfalls: 'What goes wrong when one writes it oneself',
  cure: 'everwire:',
  code: 'The code',
  copy: 'Copy the code',
  copied: 'Copied',
  notCopied: 'Could not be copied',
}

const ORDINARY: TransportRequirements = {
  direction: 'down',
  messagesPerSecond: 1,
  binary: false,
  latency: 'a-second',
  proxies: 'open',
  http2: true,
  infrastructure: 'servers',
  tabs: 1,
}

export interface TransportGuideProps extends Omit<ComponentPropsWithoutRef<'section'>, 'children'> {
  /** The answers at first. @defaultValue an ordinary application that is told things once a second */
  readonly defaultRequirements?: Partial<TransportRequirements>
  /** Hears each change of the answers, with what is recommended. */
  readonly onRecommend?: (recommendation: TransportRecommendation, requirements: TransportRequirements) => void
  /** What judges the answers; the place for texts in another language. @defaultValue recommendTransport */
  readonly recommend?: (requirements: TransportRequirements) => TransportRecommendation
  /** Texts that take the place of the English ones. */
  readonly labels?: Partial<TransportGuideLabels>
  /** Renders the recommendation. */
  readonly children?: (recommendation: TransportRecommendation, requirements: TransportRequirements) => ReactNode
}

/**
 * Some questions about an application, and which transport fits: ranked, with reasons, pitfalls and code to paste.
 * ```tsx
 * <TransportGuide defaultRequirements={{ direction: 'both' }} />
 * ```
 */
export const TransportGuide: ForwardRefExoticComponent<TransportGuideProps & RefAttributes<HTMLElement>> = forwardRef<
  HTMLElement,
  TransportGuideProps
>(function TransportGuide(
  { defaultRequirements, onRecommend, recommend = recommendTransport, labels, children, className, ...rest },
  ref,
) {
  const titleId = useId()
  const [requirements, setRequirements] = useState<TransportRequirements>({ ...ORDINARY, ...defaultRequirements })
  const texts = { ...LABELS, ...labels }
  const recommendation = recommend(requirements)
  const change = (changed: Partial<TransportRequirements>) => {
    const next = { ...requirements, ...changed }
    setRequirements(next)
    onRecommend?.(recommend(next), next)
  }
  return (
    <section aria-label={texts.guide} {...rest} ref={ref} className={classNames('ew-guide', className)}>
      <TransportQuestions questions={texts.questions} requirements={requirements} onChange={change} />
      <div className="ew-recommendation">
        <h3 id={titleId}>{texts.recommendation}</h3>
        {children ? (
          children(recommendation, requirements)
        ) : (
          <>
            {/* What changes with an answer, in one sentence: the whole list would be too much to hear. */}
            <p role="status" className="ew-first">
              {texts.first}: <strong>{texts.transports[recommendation.ranked[0].transport]}</strong>
            </p>
            <ol className="ew-ranking" aria-labelledby={titleId}>
              {recommendation.ranked.map((ranked) => (
                <Ranked key={ranked.transport} ranked={ranked} texts={texts} />
              ))}
            </ol>
            <h3>{texts.code}</h3>
            {/* Reachable by keyboard, since it may scroll. */}
            {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
            <pre className="ew-code" dir="ltr" tabIndex={0} role="region" aria-label={texts.code}>
              <code>{recommendation.code}</code>
            </pre>
            <div className="ew-toolbar">
              <CopyButton labels={texts} text={() => recommendation.code} />
            </div>
          </>
        )}
      </div>
    </section>
  )
})

function Ranked({ ranked, texts }: { readonly ranked: RankedTransport; readonly texts: TransportGuideLabels }) {
  const { transport, score, excluded, reasonsFor, reasonsAgainst, pitfalls } = ranked
  return (
    <li data-excluded={excluded || undefined}>
      <h4>
        {texts.transports[transport]} <span className="ew-aside">{excluded ? texts.excluded : texts.score(score)}</span>
      </h4>
      <Reasons title={texts.reasonsFor} reasons={reasonsFor} kind="for" />
      <Reasons title={texts.reasonsAgainst} reasons={reasonsAgainst} kind="against" />
      {pitfalls.length > 0 && (
        <details>
          <summary>{texts.pitfalls}</summary>
          <dl className="ew-pitfalls">
            {pitfalls.map(({ name, what, cure }) => (
              <div key={name}>
                <dt>{what}</dt>
                <dd>
                  <strong>{texts.cure}</strong> {cure}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </li>
  )
}

function Reasons({
  title,
  reasons,
  kind,
}: {
  readonly title: string
  readonly reasons: readonly string[]
  readonly kind: 'for' | 'against'
}) {
  if (reasons.length === 0) return null
  return (
    <div className="ew-reasons" data-kind={kind}>
      <p>{title}</p>
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    </div>
  )
}
