import { ReconnectBanner } from 'everwire/components'
import { Chat } from './chat/Chat.tsx'
import { ConnectionStatus } from './connection/ConnectionStatus.tsx'
import { LadderCard } from './connection/LadderCard.tsx'
import { Trail } from './connection/Trail.tsx'
import { MarketBoard } from './market/MarketBoard.tsx'
import { Notices } from './notices/Notices.tsx'
import { Proof } from './proof/Proof.tsx'
import { Race } from './race/Race.tsx'
import { clientId, marketName, room } from './setup.ts'

export function App() {
  return (
    <div className="page">
      <header className="masthead">
        <div>
          <h1 className="wordmark">
            <svg viewBox="0 0 40 24" aria-hidden="true">
              <path d="M2 17c7 0 7-11 14-11s7 11 14 11 6-6 8-6" />
            </svg>
            everwire
          </h1>
          <p className="lede">Live data that arrives once, in order, over whatever the network lets through.</p>
          {/* Storybook is served beside the built page, not by the page's development server. */}
          {import.meta.env.PROD && (
            <p>
              <a href="/storybook/">Every hook and situation as a story</a>
            </p>
          )}
        </div>
        <ConnectionStatus />
      </header>
      <ReconnectBanner className="reconnect" />
      <main className="cards">
        <LadderCard clientId={clientId} />
        <Proof name={clientId} />
        <Trail />
        <MarketBoard name={marketName} />
        <Chat room={room} />
        <Notices name={marketName} />
        <Race />
      </main>
    </div>
  )
}
