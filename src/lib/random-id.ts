const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** `length` random base64url characters, 6 bits each, from the platform's cryptographic source. */
export function randomId(length: number): string {
  let id = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) id += ALPHABET[byte & 63]
  return id
}
