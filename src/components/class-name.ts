/** The component's own class first, then that of whoever uses it. */
export const classNames = (own: string, given: string | undefined): string => (given ? `${own} ${given}` : own)
