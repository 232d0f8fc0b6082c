import type { Browser, FrameLocator, Page } from 'playwright'
import { onTestFinished } from 'vitest'

export interface StrictPage {
  readonly page: Page
  /** Errors, requests that failed, and hosts that were none of its own. */
  readonly complaints: string[]
  /** How often the frame of the story was loaded: more than once where something was found out late. */
  readonly loads: () => number
  /** Where the story is. */
  readonly preview: FrameLocator
}

/** Opens a page of Storybook until the test ends, and writes down what goes wrong on it. */
export async function visitStrictly(browser: Browser, url: string): Promise<StrictPage> {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => {
    // The manager waits one second for its preview, which is no time on a busy machine.
    if (!/UniversalStore/.test(message)) complaints.push(message)
  })
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('requestfailed', (request) => {
    // What loses a race of transports is ended by the page itself.
    const why = request.failure()?.errorText
    if (why !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${why}`)
  })
  page.on(
    'response',
    (response) => response.status() >= 400 && complaints.push(`${response.status()} ${response.url()}`),
  )
  let loads = 0
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.url().includes('/iframe.html')) loads++
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith('http') && origin !== new URL(url).origin)
      complaints.push(`a foreign host: ${request.url()}`)
  })
  await page.goto(url)
  return { page, complaints, loads: () => loads, preview: page.frameLocator('#storybook-preview-iframe') }
}
