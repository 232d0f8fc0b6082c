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
import type { ConnectionSnapshot } from '../client/connection-snapshot.ts'
import type { TransportName } from '../client/transport.ts'
import { explainVerdict, type Verdict, type VerdictReason } from '../client/verdict.ts'
import { useConnection } from '../react/use-connection.ts'
import { classNames } from './class-name.ts'
import { REASON_LABELS, TRANSPORT_LABELS, type TransportLabels, TRANSPORTS } from './connection-labels.ts'

/** `auto`: all of them, as the ladder decides. */
export type TransportChoice = 'auto' | TransportName

/** Every text of a picker. */
export interface TransportPickerLabels {
  readonly legend: string
  readonly auto: string
  readonly transports: TransportLabels
  readonly inUse: string
  /** Why a transport is not usable, in few words. */
  readonly notUsable: (reason: string) => string
  readonly reasons: Readonly<Record<VerdictReason, string>>
  /** What to look at, for whoever runs the network. */
  readonly advice: (verdict: Verdict) => string
}

const LABELS: TransportPickerLabels = {
  legend: 'Transport',
  auto: 'Automatic',
  transports: TRANSPORT_LABELS,
  inUse: 'in use',
  notUsable: (reason) => `not usable: ${reason}`,
  reasons: REASON_LABELS,
  advice: explainVerdict,
}

const ALL_CHOICES: readonly TransportChoice[] = ['auto', ...TRANSPORTS]

export interface TransportPickerProps extends Omit<ComponentPropsWithoutRef<'fieldset'>, 'children' | 'defaultValue'> {
  /** What may be chosen. @defaultValue automatic and all three transports */
  readonly choices?: readonly TransportChoice[]
  /** The choice, where the application keeps it. */
  readonly value?: TransportChoice
  /** The choice at first, where the picker keeps it. @defaultValue 'auto' */
  readonly defaultValue?: TransportChoice
  /** Hears a choice. The application makes a client with these transports: a running client keeps its own. */
  readonly onValueChange?: (choice: TransportChoice) => void
  /** The verdicts to show, and the transport in use. @defaultValue those of the client around */
  readonly connection?: Pick<ConnectionSnapshot, 'transport' | 'trail'>
  /** Texts that take the place of the English ones. */
  readonly labels?: Partial<TransportPickerLabels>
  /** Renders what stands beside the name of a choice, instead of its state and advice. */
  readonly children?: (choice: TransportChoice, verdict: Verdict | undefined) => ReactNode
}

/** What stands against a transport now: a verdict is history once that transport, or one below it, was climbed past. */
function verdictOn(transport: TransportName, connection: Pick<ConnectionSnapshot, 'transport' | 'trail'>) {
  const current = connection.transport ? TRANSPORTS.indexOf(connection.transport) : TRANSPORTS.length
  if (TRANSPORTS.indexOf(transport) >= current) return undefined
  // No `findLast`: the package is for browsers of 2022.
  return connection.trail.reduce<Verdict | undefined>(
    (last, one) => (one.transport === transport ? one : last),
    undefined,
  )
}

/**
 * Radio buttons for the transports, which say what is in use and why something is not usable. What the environment lacks
 * cannot be chosen.
 * ```tsx
 * <TransportPicker value={choice} onValueChange={setChoice} />
 * ```
 */
export const TransportPicker: ForwardRefExoticComponent<TransportPickerProps & RefAttributes<HTMLFieldSetElement>> =
  forwardRef<HTMLFieldSetElement, TransportPickerProps>(function TransportPicker(
    {
      choices = ALL_CHOICES,
      value,
      defaultValue = 'auto',
      onValueChange,
      connection,
      labels,
      children,
      className,
      ...rest
    },
    ref,
  ) {
    const own = useConnection()
    const shown = connection ?? own
    const id = useId()
    const [kept, keep] = useState(defaultValue)
    const chosen = value ?? kept
    const texts = { ...LABELS, ...labels }
    const choose = (choice: TransportChoice) => {
      keep(choice)
      onValueChange?.(choice)
    }
    return (
      <fieldset {...rest} ref={ref} className={classNames('ew-picker', className)}>
        <legend>{texts.legend}</legend>
        {choices.map((choice) => {
          const verdict = choice === 'auto' ? undefined : verdictOn(choice, shown)
          const inUse = choice !== 'auto' && shown.transport === choice
          const noteId = `${id}-${choice}`
          const note = verdict ? texts.notUsable(texts.reasons[verdict.reason]) : inUse ? texts.inUse : ''
          const hasNote = Boolean(children ?? note)
          return (
            <div key={choice} className="ew-choice" data-usable={verdict ? 'no' : undefined}>
              <label>
                <input
                  type="radio"
                  name={id}
                  value={choice}
                  checked={chosen === choice}
                  disabled={verdict?.reason === 'unsupported'}
                  aria-describedby={hasNote ? noteId : undefined}
                  onChange={() => choose(choice)}
                />
                {choice === 'auto' ? texts.auto : texts.transports[choice]}
              </label>
              {hasNote && (
                <div id={noteId} className="ew-note">
                  {children ? (
                    children(choice, verdict)
                  ) : (
                    <>
                      <span>{note}</span>
                      {verdict && <span className="ew-advice">{texts.advice(verdict)}</span>}
                    </>
                  )}
                </div>
              )}
            </div>
          )
        })}
      </fieldset>
    )
  })
