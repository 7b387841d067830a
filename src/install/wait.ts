/** How often something is looked for. */
const LOOK_MS = 20

/** Looks every so many milliseconds until something is there, or gives null after `ms`. */
export async function until<T>(look: () => T | null, ms: number): Promise<T | null> {
  const end = performance.now() + ms
  for (;;) {
    const found = look()
    if (found !== null || performance.now() >= end) return found
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
