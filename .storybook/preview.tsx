import type { Preview } from '@storybook/react-vite'

const preview: Preview = {
  tags: ['autodocs'],
  parameters: {
    layout: 'padded',
    controls: { expanded: true },
    // A story with an accessibility violation fails, it does not merely warn.
    a11y: { test: 'error' },
  },
}

export default preview
