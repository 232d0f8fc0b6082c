import { create, type ThemeVars } from 'storybook/theming'

const isDark = globalThis.matchMedia?.('(prefers-color-scheme: dark)').matches ?? false

const FONTS = {
  fontBase: "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  fontCode: "ui-monospace, 'SF Mono', SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
}

// The colours of the demo page's tokens.css; Storybook computes with them, so they cannot be custom properties.
const LIGHT = {
  colorPrimary: '#0c8570',
  colorSecondary: '#07604f',
  appBg: '#f5f5f1',
  appContentBg: '#ffffff',
  appPreviewBg: '#f5f5f1',
  appBorderColor: '#deded8',
  textColor: '#16191b',
  textMutedColor: '#545a60',
  barBg: '#ffffff',
  barTextColor: '#545a60',
  barSelectedColor: '#07604f',
  barHoverColor: '#07604f',
}
const DARK = {
  colorPrimary: '#3fc9ab',
  colorSecondary: '#3fc9ab',
  appBg: '#0e1113',
  appContentBg: '#171b1e',
  appPreviewBg: '#0e1113',
  appBorderColor: '#2b3237',
  textColor: '#edf0f1',
  textMutedColor: '#a4afb6',
  barBg: '#171b1e',
  barTextColor: '#a4afb6',
  barSelectedColor: '#6fdcc3',
  barHoverColor: '#6fdcc3',
}

const brand = { brandTitle: 'everwire', brandUrl: './', brandTarget: '_self' }

/** Storybook's own parts in the colours of the demo page, as the system's scheme says. */
export const managerTheme: ThemeVars = create({
  base: isDark ? 'dark' : 'light',
  ...FONTS,
  ...(isDark ? DARK : LIGHT),
  ...brand,
  appBorderRadius: 8,
})

/** The same for pages of docs, which stand on the canvas. */
export const docsTheme: ThemeVars = create({
  base: isDark ? 'dark' : 'light',
  ...FONTS,
  ...(isDark ? DARK : LIGHT),
  appContentBg: isDark ? '#0e1113' : '#ffffff',
})
