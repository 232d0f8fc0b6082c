/**
 * Waits for a fact outside of vitest's own `waitFor`, checking every few milliseconds.
 * @param what - completes the sentence "waited for …"
 */
export async function until(what: string, fact: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await fact())) {
    if (performance.now() > deadline) throw new Error(`waited for ${what}, ${withinMs} ms were not enough`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
