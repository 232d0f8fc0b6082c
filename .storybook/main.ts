import type { StorybookConfig } from '@storybook/react-vite'
import { mergeConfig } from 'vite'
import { demoServerPlugin } from '../demo-server/vite-plugin.ts'
import { propTables } from './prop-tables.ts'

const isTest = Boolean(process.env['VITEST'])

const config: StorybookConfig = {
  framework: '@storybook/react-vite',
  stories: ['../stories/**/*.mdx', '../stories/**/*.stories.tsx'],
  addons: ['@storybook/addon-docs', '@storybook/addon-a11y', '@storybook/addon-vitest'],
  core: { disableTelemetry: true, disableWhatsNewNotifications: true },
  typescript: { reactDocgen: false },
  viteFinal: (vite) =>
    mergeConfig(vite, {
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
      // Found only with the first story that needs it, it would reload the page.
      optimizeDeps: { include: ['zod'] },
      // For older browsers `light-dark()` becomes a question to the system, and no story could be dark by itself.
      build: { cssTarget: ['chrome123', 'firefox120', 'safari17.5'] },
    }),
}

export default config
