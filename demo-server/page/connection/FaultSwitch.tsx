import { useId } from 'react'
import './fault-switch.css'

export interface FaultSwitchProps<Fault extends string> {
  /** What it breaks, for the group's name. */
  readonly label: string
  readonly labels: { readonly [Name in Fault]: { readonly label: string; readonly effect: string } }
  readonly value: Fault
  readonly onChange: (fault: Fault) => void
}

/** One switch of the fault console: a group of radio buttons, so the arrow keys move within it. */
export function FaultSwitch<Fault extends string>({ label, labels, value, onChange }: FaultSwitchProps<Fault>) {
  const name = useId()
  return (
    <fieldset className="fault-switch" data-broken={value !== 'ok'}>
      <legend className="visually-hidden">Break {label}</legend>
      {(Object.keys(labels) as Fault[]).map((fault) => (
        <label key={fault} title={labels[fault].effect}>
          <input type="radio" name={name} value={fault} checked={value === fault} onChange={() => onChange(fault)} />
          {labels[fault].label}
        </label>
      ))}
    </fieldset>
  )
}
