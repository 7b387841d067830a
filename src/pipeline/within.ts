/** True when `promise` settles within `ms`, unless it does so with false. */
export async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return (await Promise.race([promise, late])) !== false
  } finally {
    clearTimeout(timer)
  }
}
