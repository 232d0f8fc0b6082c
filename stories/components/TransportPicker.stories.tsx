import type { Meta, StoryObj } from '@storybook/react-vite'
import {
  createClient,
  eventStream,
  longPoll,
  RealtimeProvider,
  useConnection,
  useRealtimeEvent,
  webSocket,
} from 'everwire'
import { type TransportChoice, TransportPicker, type TransportPickerProps } from 'everwire/components'
import { useState } from 'react'
import { expect, userEvent, within } from 'storybook/test'
import { expectLightText, expectRightToLeft, rightToLeft } from '../support/looks.tsx'
import { useStory } from '../support/story.ts'
import 'everwire/styles.css'

/** Radio buttons for the transports, which say why one of them is not usable. */
const meta: Meta<typeof TransportPicker> = { title: 'Components/TransportPicker', component: TransportPicker }
export default meta
type Story = StoryObj<typeof TransportPicker>

function Reader() {
  useRealtimeEvent(useStory().topic('counter'), '*', () => {})
  return null
}

export const SaysWhatIsInUse: Story = {
  render: (args) => (
    <>
      <TransportPicker {...args} />
      <Reader />
    </>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('in use')
    await userEvent.click(canvas.getByRole('radio', { name: 'Long polling' }))
    await expect(canvas.getByRole('radio', { name: 'Long polling' })).toBeChecked()
  },
}

/** The WebSocket is refused and the stream swallowed: each says so, and what to look at. */
export const SaysWhyATransportIsNotUsable: Story = {
  ...SaysWhatIsInUse,
  parameters: { everwire: { fault: 'muted' } },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('not usable: refused')
    await canvas.findByText('not usable: held back by a proxy')
    await expect(canvas.getByRole('radio', { name: 'WebSocket' })).toHaveAccessibleDescription(/Upgrade and Connection/)
  },
}

const TRANSPORTS = { websocket: webSocket, sse: eventStream, longpoll: longPoll }

/** A choice makes a client of its own: a running one keeps its transports. */
function Chosen({ choice }: { readonly choice: TransportChoice }) {
  const { id } = useStory()
  const [client] = useState(() =>
    createClient({
      url: `/realtime/~${id}`,
      storage: false,
      lingerMs: 0,
      ...(choice !== 'auto' && { transports: [TRANSPORTS[choice]()] }),
    }),
  )
  return (
    <RealtimeProvider client={client}>
      <Carried />
    </RealtimeProvider>
  )
}

function Carried() {
  const transport = useConnection((connection) => connection.transport)
  useRealtimeEvent(useStory().topic('counter'), '*', () => {})
  return <p>Carried by {transport ?? 'nothing yet'}</p>
}

function Application(props: TransportPickerProps) {
  const [choice, setChoice] = useState<TransportChoice>('auto')
  return (
    <>
      <TransportPicker {...props} value={choice} onValueChange={setChoice} />
      <Chosen key={choice} choice={choice} />
    </>
  )
}

/** The application keeps the choice and makes a client of it; here long polling is not offered. */
export const TheApplicationMakesAClientOfTheChoice: Story = {
  args: { choices: ['auto', 'websocket', 'sse'] },
  render: (args) => <Application {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Carried by websocket')
    await expect(canvas.getAllByRole('radio')).toHaveLength(3)
    await userEvent.click(canvas.getByRole('radio', { name: 'Server-Sent Events' }))
    await canvas.findByText('Carried by sse')
    await userEvent.click(canvas.getByRole('radio', { name: 'Automatic' }))
    await canvas.findByText('Carried by websocket')
  },
}

/** Every text can be another one, here in German, also what is advised. */
export const SpeaksAnotherLanguage: Story = {
  ...SaysWhatIsInUse,
  parameters: { everwire: { fault: 'refused' } },
  args: {
    labels: {
      legend: 'Übertragung',
      auto: 'Von selbst',
      inUse: 'in Gebrauch',
      notUsable: (reason) => `nicht brauchbar: ${reason}`,
      advice: ({ transport }) => `Der Weg für ${transport} ist versperrt.`,
    },
  },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('in Gebrauch')
    await canvas.findByText('nicht brauchbar: refused')
    await canvas.findByText('Der Weg für websocket ist versperrt.')
    await expect(canvas.getByRole('group', { name: 'Übertragung' })).toBeVisible()
  },
}

/** A render function says what stands beside a choice. */
export const RendersWhatYouSay: Story = {
  ...SaysWhatIsInUse,
  parameters: { everwire: { fault: 'refused' } },
  args: { children: (choice, verdict) => (verdict ? `no ${choice}: ${verdict.reason}` : `nothing against ${choice}`) },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('no websocket: refused')
    await expect(canvas.getByRole('radio', { name: 'Server-Sent Events' })).toHaveAccessibleDescription(
      'nothing against sse',
    )
  },
}

/** In a page that is written from right to left the radio button stands to the right of its name. */
export const ReadsFromRightToLeft: Story = {
  ...SaysWhatIsInUse,
  decorators: [rightToLeft],
  args: { labels: { legend: 'תעבורה', auto: 'אוטומטי', inUse: 'בשימוש' } },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const note = await canvas.findByText('בשימוש')
    const radio = canvas.getByRole('radio', { name: 'WebSocket' })
    await expectRightToLeft(radio, note)
  },
}

/** The colours follow the page's `color-scheme`. */
export const FollowsADarkPage: Story = {
  ...SaysWhatIsInUse,
  globals: { scheme: 'dark' },
  parameters: { everwire: { fault: 'muted' } },
  async play({ canvasElement }) {
    await expectLightText(await within(canvasElement).findByText('not usable: refused'))
  },
}
