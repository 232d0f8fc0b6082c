'use client'
import { type ReactNode, useState } from 'react'

export interface CopyLabels {
  readonly copy: string
  readonly copied: string
  readonly notCopied: string
}

/** Copies a text that is made when it is asked for, and says how that went. */
export function CopyButton({ labels, text }: { readonly labels: CopyLabels; readonly text: () => string }): ReactNode {
  const [outcome, setOutcome] = useState<'copied' | 'notCopied'>()
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text())
      setOutcome('copied')
    } catch {
      // No permission, or a page that is not secure: people see that, and can select the text.
      setOutcome('notCopied')
    }
  }
  return (
    <>
      <button type="button" className="ew-button" onClick={() => void copy()}>
        {labels.copy}
      </button>
      <span role="status" className="ew-aside">
        {outcome && labels[outcome]}
      </span>
    </>
  )
}
