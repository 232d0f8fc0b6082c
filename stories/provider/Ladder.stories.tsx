import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { ConnectionStatus } from '../../demo-server/page/connection/ConnectionStatus.tsx'
import { Trail } from '../../demo-server/page/connection/Trail.tsx'
import { Proof } from '../../demo-server/page/proof/Proof.tsx'
import { setFaults } from '../support/faults.ts'
import { useStory } from '../support/story.ts'

/**
 * How a provider's client falls to the next transport and climbs back. Each story breaks the path of its own client
 * alone; the figures are judged by the numbers of the server's messages, without asking the library.
 */
const meta: Meta = { title: 'Provider/Ladder' }
export default meta

function Carried() {
  const { id } = useStory()
  return (
    <>
      <ConnectionStatus />
      <p className="row">
        <button type="button" className="button" onClick={() => void setFaults(id, {})}>
          Mend
        </button>
      </p>
      <div className="cards">
        <Proof name={id} />
        <Trail />
      </div>
    </>
  )
}

const runsOver = (canvasElement: HTMLElement, transport: string) =>
  within(canvasElement).findByText(`Live over ${transport}`, {}, { timeout: 25_000 })

const countOf = (canvasElement: HTMLElement, figure: string) =>
  Number(within(canvasElement).getByTestId(figure).textContent.replaceAll(/\D/g, ''))

/** Messages go on, and none of them was lost, doubled or out of order. */
async function nothingIsMissing(canvasElement: HTMLElement) {
  const before = countOf(canvasElement, 'received')
  await waitFor(() => expect(countOf(canvasElement, 'received')).toBeGreaterThan(before + 10))
  await expect(['lost', 'doubled', 'out-of-order'].map((flaw) => countOf(canvasElement, flaw))).toEqual([0, 0, 0])
}

/** A proxy answers the handshake with 502: the next transport carries within milliseconds. */
export const FallsBackToSse: StoryObj = {
  parameters: { everwire: { fault: 'refused' } },
  render: () => <Carried />,
  async play({ canvasElement }) {
    await runsOver(canvasElement, 'Server-Sent Events')
    await within(canvasElement).findByText('refused')
    await nothingIsMissing(canvasElement)
  },
}

/** The handshake is never answered: SSE starts beside it after 300 ms. */
export const FallsBackWhenTheSocketHangs: StoryObj = {
  parameters: { everwire: { fault: 'hung' } },
  render: () => <Carried />,
  async play({ canvasElement }) {
    await runsOver(canvasElement, 'Server-Sent Events')
    await nothingIsMissing(canvasElement)
  },
}

/** The socket opens and nothing passes: it never counted as open. */
export const FallsBackWhenTheSocketIsSilent: StoryObj = {
  parameters: { everwire: { fault: 'silent' } },
  render: () => <Carried />,
  async play({ canvasElement }) {
    await runsOver(canvasElement, 'Server-Sent Events')
    await nothingIsMissing(canvasElement)
  },
}

/** The socket is accepted and cut again: after two short lives it is given up. */
export const FallsBackWhenTheSocketKeepsDropping: StoryObj = {
  parameters: { everwire: { fault: 'dropped' } },
  render: () => <Carried />,
  async play({ canvasElement }) {
    await within(canvasElement).findByText('keeps dropping')
    await runsOver(canvasElement, 'Server-Sent Events')
    await nothingIsMissing(canvasElement)
  },
}

/** A proxy forgets the Upgrade header, so the server answers 426. */
export const FallsBackWhenTheUpgradeIsStripped: StoryObj = {
  parameters: { everwire: { fault: 'stripped' } },
  render: () => <Carried />,
  async play({ canvasElement }) {
    await runsOver(canvasElement, 'Server-Sent Events')
    await nothingIsMissing(canvasElement)
  },
}

/** The stream opens and its body is held back: what is left is asking again and again. */
export const FallsBackToLongPolling: StoryObj = {
  parameters: { everwire: { fault: 'buffered' } },
  render: () => <Carried />,
  async play({ canvasElement }) {
    await runsOver(canvasElement, 'long polling')
    await nothingIsMissing(canvasElement)
  },
}

/** Each third answer of the only transport left is lost after the server did the work: it is asked for again. */
export const LosesNothingOnALossyPath: StoryObj = {
  parameters: { everwire: { fault: 'lossy' } },
  render: () => <Carried />,
  async play({ canvasElement }) {
    await runsOver(canvasElement, 'long polling')
    await nothingIsMissing(canvasElement)
  },
}

/** The path is mended: the better transport is found again beside the traffic, and takes over without a pause. */
export const ClimbsBackWhenMended: StoryObj = {
  parameters: { everwire: { fault: 'refused' } },
  render: () => <Carried />,
  async play({ canvasElement }) {
    await runsOver(canvasElement, 'Server-Sent Events')
    await userEvent.click(within(canvasElement).getByRole('button', { name: 'Mend' }))
    await runsOver(canvasElement, 'WebSocket')
    await nothingIsMissing(canvasElement)
  },
}
