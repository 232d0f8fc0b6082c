import { type Cell, type CellResult, CELLS, runCell } from '../support/fault-matrix.ts'

const TARGET_MS = { single: 500, double: 1000 }
/** Cells that are played at the same time; each has a server, a proxy and a client of its own. */
const AT_ONCE = 3

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

/** The page's `window`, as far as the client listens to it. */
const page = new EventTarget()

/** Default options; only the climb is hurried, by the `online` event that browsers send when a network is back. */
const play = (cell: Cell): Promise<CellResult> =>
  runCell(cell, { wake: () => void page.dispatchEvent(new Event('online')) })

async function playAll(cells: readonly Cell[]): Promise<Map<Cell, CellResult[]>> {
  const results = new Map<Cell, CellResult[]>(CELLS.map((cell) => [cell, []]))
  const queue = [...cells]
  const player = async () => {
    for (let cell = queue.shift(); cell; cell = queue.shift()) results.get(cell)!.push(await play(cell))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, player))
  return results
}

function rowOf(cell: Cell, results: readonly CellResult[]) {
  const targetMs = TARGET_MS[cell.sse === 'fine' ? 'single' : 'double']
  const fallMs = results.map((result) => result.fallMs)
  const sum = (count: (result: CellResult) => number) => results.reduce((total, result) => total + count(result), 0)
  return {
    WebSocket: cell.websocket,
    SSE: cell.sse,
    when: cell.when,
    rung: [...new Set(results.map(({ rung }) => rung))].join(' '),
    'median ms': Math.round(median(fallMs)),
    'worst ms': Math.round(Math.max(...fallMs)),
    'target ms': `${targetMs} ${median(fallMs) <= targetMs ? 'met' : 'missed'}`,
    'back ms': Math.round(median(results.map(({ backMs }) => backMs))),
    messages: sum(({ stored }) => stored),
    lost: sum(({ judgement }) => judgement.lost.length),
    doubled: sum(({ judgement }) => judgement.doubled.length),
    reordered: sum(({ judgement }) => judgement.reordered.length),
    resets: sum(({ resets }) => resets),
  }
}

/**
 * Prints how long the client takes to a working rung in every cell of the fault matrix, how long back to the WebSocket
 * after the fault, and what was lost on the way.
 * @param args - how many runs a cell; 5 unless told
 */
export async function run([runs = '5']: readonly string[]): Promise<void> {
  Object.assign(globalThis, { window: page })
  const results = await playAll(Array.from({ length: Number(runs) }, () => CELLS).flat())
  console.log(
    `fallback: ${runs} runs a cell, default options, 200 messages a second, Node ${process.version}, loopback`,
  )
  console.table(CELLS.map((cell) => rowOf(cell, results.get(cell)!)))
}
