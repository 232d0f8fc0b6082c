declare const process: { readonly env: { readonly NODE_ENV?: string } } | undefined

/**
 * The same value; in development a list is frozen, so that whoever changes it learns of it. In production that would
 * cost more than all else that is done for a message.
 */
export function freezeList<Value>(value: Value): Value {
  const isDevelopment = typeof process !== 'undefined' && process.env.NODE_ENV !== 'production'
  if (isDevelopment && Array.isArray(value)) Object.freeze(value)
  return value
}
