import { WebSocket } from 'ws'
import { createClient } from '../../src/client.ts'
import { TOPIC } from './numbers.ts'

// A client in a process of its own, which can be stopped: prints each number that it hears, and what carries it.

const [url] = process.argv.slice(2)
const client = createClient({ url: url!, WebSocket, storage: false })
client.listen(TOPIC, {
  replay: 'all',
  onMessage: ({ data }) =>
    process.stdout.write(`${String(data)} ${client.connection.getSnapshot().transport ?? 'nothing'}\n`),
})
// Who started it is gone.
process.stdin.on('end', () => process.exit()).resume()
