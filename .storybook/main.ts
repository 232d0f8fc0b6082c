import type { StorybookConfig } from '@storybook/react-vite'
import { mergeConfig } from 'vite'
import { demoServerPlugin } from '../demo-server/vite-plugin.ts'

const config: StorybookConfig = {
  framework: '@storybook/react-vite',
  stories: ['../stories/**/*.mdx', '../stories/**/*.stories.tsx'],
  addons: ['@storybook/addon-docs', '@storybook/addon-a11y', '@storybook/addon-vitest'],
  core: { disableTelemetry: true, disableWhatsNewNotifications: true },
  typescript: {
    reactDocgen: 'react-docgen-typescript',
    reactDocgenTypescriptOptions: {
      tsconfigPath: '.storybook/tsconfig.docs.json',
      include: ['src/react/**/*.tsx', 'src/components/**/*.tsx', 'stories/hooks/hook-options.tsx'],
      shouldExtractLiteralValuesFromEnum: true,
      shouldIncludePropTagMap: true,
      propFilter: ({ parent }) => !parent || !/node_modules/.test(parent.fileName),
    },
  },
  /** Stories meet the real demo server, on Storybook's own origin. */
  viteFinal: (vite) => mergeConfig(vite, { plugins: [demoServerPlugin()] }),
}

export default config
