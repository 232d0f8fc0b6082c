/** Instead of a topic, a definition or a URL: subscribe to nothing for now. */
export const skip: unique symbol = Symbol.for('everwire.skip')
export type Skip = typeof skip
