import parser from '@typescript-eslint/parser'
import reactHooks from 'eslint-plugin-react-hooks'

// Every rule that the plugin has, for what the package gives to React. Everything else is for oxlint.
export default [
  {
    files: ['src/{react,components}/**/*.{ts,tsx}'],
    languageOptions: { parser },
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    plugins: { 'react-hooks': reactHooks },
    rules: Object.fromEntries(Object.keys(reactHooks.rules).map((rule) => [`react-hooks/${rule}`, 'error'])),
  },
]
