import type { StorybookConfig } from '@storybook/react-vite'
import { mergeConfig } from 'vite'
import { demoServerPlugin } from '../demo-server/vite-plugin.ts'
import { propTables } from './prop-tables.ts'

const isTest = Boolean(process.env['VITEST'])

const config: StorybookConfig = {
  framework: '@storybook/react-vite',
  stories: ['../stories/**/*.mdx', '../stories/**/*.stories.tsx'],
  // The last one is the way from stories to tests; in the browser it would only be waited for.
  addons: ['@storybook/addon-docs', '@storybook/addon-a11y', ...(isTest ? ['@storybook/addon-vitest'] : [])],
  core: { disableTelemetry: true, disableWhatsNewNotifications: true },
  typescript: { reactDocgen: false },
  viteFinal: (vite) =>
    mergeConfig(
      {
        ...vite,
        optimizeDeps: {
          // All stories, unless told: what they import is known, and a search through them would be waited for.
          entries: ['.storybook/preview.tsx'],
          // What is found only with the first story that needs it would reload the page.
          include: [...(vite.optimizeDeps?.include ?? []), 'zod', 'idb-keyval', '@tanstack/virtual-core'],
        },
      },
      {
        plugins: [
          // Stories meet the real demo server, on Storybook's own origin.
          demoServerPlugin(),
          // Nobody reads the docs of a test.
          ...(isTest ? [] : [propTables()]),
        ],
        // What every story needs is made ready while the browser is still on its way.
        server: {
          warmup: { clientFiles: ['./.storybook/preview.tsx', './src/components.ts'] },
        },
        // For older browsers `light-dark()` becomes a question to the system, and no story could be dark by itself.
        build: { cssTarget: ['chrome123', 'firefox120', 'safari17.5'] },
      },
    ),
}

export default config
