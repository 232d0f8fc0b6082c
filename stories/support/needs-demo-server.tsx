import { type ReactNode, useEffect, useState } from 'react'

let found: Promise<boolean> | undefined

/** Asked once for all stories of the page, and again when somebody wants to know. */
async function findDemoServer(): Promise<boolean> {
  try {
    const response = await fetch('/stats')
    return response.ok && response.headers.get('content-type') === 'application/json'
  } catch {
    return false
  }
}

/** Shows its children only where the demo server answers, and says what to do where it does not. */
export function NeedsDemoServer({ children }: { readonly children: ReactNode }) {
  const [isThere, setThere] = useState<boolean>()
  const [attempt, setAttempt] = useState(1)
  useEffect(() => {
    let isWanted = true
    found ??= findDemoServer()
    void found.then((answers) => isWanted && setThere(answers))
    return () => {
      isWanted = false
    }
  }, [attempt])
  const lookAgain = () => {
    found = undefined
    setThere(undefined)
    setAttempt(attempt + 1)
  }

  if (isThere) return children
  if (isThere === undefined) return <p className="explain">Looking for the demo server…</p>
  return (
    <section className="card needs-server" role="alert">
      <h2>The demo server does not answer</h2>
      <p className="explain">
        Stories are live: they need the demo server on the origin this page came from. Start Storybook with{' '}
        <code>npm run storybook</code>, which brings it along, or serve the built one with <code>npm start</code> and
        open <code>/storybook</code>.
      </p>
      <button type="button" className="button" onClick={lookAgain}>
        Look again
      </button>
    </section>
  )
}
