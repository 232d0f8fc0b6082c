import type { Preview } from '@storybook/react-vite'
import { configure } from 'storybook/test'
import { FAULT_PRESETS } from '../stories/support/faults.ts'
import { withStory } from '../stories/support/with-story.tsx'
import { docsTheme } from './theme.ts'
import { withDefaults } from './with-defaults.ts'
import { withScheme } from './with-scheme.tsx'
import '../demo-server/page/styles/tokens.css'
import '../demo-server/page/styles/base.css'
import '../demo-server/page/styles/layout.css'
import './preview.css'

// Stories wait for a real server: what is a fact comes soon, and a busy machine is no failure.
configure({ asyncUtilTimeout: 15_000 })

const preview: Preview = {
  tags: ['autodocs'],
  decorators: [withStory, withScheme],
  argTypesEnhancers: [withDefaults],
  initialGlobals: { transport: 'story', fault: 'story', scheme: 'system' },
  globalTypes: {
    transport: {
      description: 'Which transports the client has',
      toolbar: {
        title: 'Transport',
        icon: 'transfer',
        dynamicTitle: true,
        items: [
          { value: 'story', title: 'Transports: as the story says' },
          { value: 'ladder', title: 'All, with fallback' },
          { value: 'websocket', title: 'WebSocket only' },
          { value: 'sse', title: 'Server-Sent Events only' },
          { value: 'longpoll', title: 'Long polling only' },
        ],
      },
    },
    fault: {
      description: 'What is broken between the client and the server',
      toolbar: {
        title: 'Fault',
        icon: 'lightning',
        dynamicTitle: true,
        items: [
          { value: 'story', title: 'Faults: as the story says' },
          ...Object.entries(FAULT_PRESETS).map(([value, { title }]) => ({ value, title })),
        ],
      },
    },
    scheme: {
      description: 'Light or dark',
      toolbar: {
        title: 'Scheme',
        icon: 'mirror',
        items: [
          { value: 'system', title: 'As the system' },
          { value: 'light', title: 'Light' },
          { value: 'dark', title: 'Dark' },
        ],
      },
    },
  },
  parameters: {
    layout: 'padded',
    // The page's own colours follow the scheme.
    backgrounds: { disable: true },
    controls: { expanded: true },
    docs: { theme: docsTheme },
    options: {
      storySort: {
        order: [
          'Guide',
          [
            'Welcome',
            'How fallback works',
            'Resume and reset',
            'Which transport?',
            'Using your own server',
            'Testing',
            'Deployment',
            'Pitfalls',
            'Migrating',
          ],
          'Provider',
          'Hooks',
          'Recipes',
          'Components',
        ],
      },
    },
    // A story with an accessibility violation fails, it does not merely warn.
    a11y: { test: 'error' },
  },
}

export default preview
