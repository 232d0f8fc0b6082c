/** Props of an area that scrolls: it must be reachable by keyboard (WCAG 2.1.1), which Safari does not see to itself. */
export const scrollable = { tabIndex: 0 } as const
