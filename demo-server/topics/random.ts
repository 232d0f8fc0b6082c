/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function createRandom(seed: string): () => number {
  let state = 2_166_136_261
  // FNV-1a turns the seed into 32 bits.
  for (const char of seed) state = Math.imul(state ^ char.charCodeAt(0), 16_777_619)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
