import { playwright, type PlaywrightProviderOptions } from '@vitest/browser-playwright'
import { findBrowser } from './browser.ts'

/**
 * Vitest's Playwright provider with a browser that is looked for when the first page opens: looking may mean unpacking
 * or installing one, which runs without browser tests should not pay for.
 */
export function chromiumProvider(): ReturnType<typeof playwright> {
  const options: PlaywrightProviderOptions = {}
  const provider = playwright(options)
  return {
    ...provider,
    providerFactory(project) {
      const opened = provider.providerFactory(project)
      const openPage = opened.openPage.bind(opened)
      opened.openPage = async (...page) => {
        options.launchOptions ??= await findBrowser()
        return openPage(...page)
      }
      return opened
    },
  }
}
