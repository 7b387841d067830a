import fc from 'fast-check'

/**
 * Property tests run the same cases every time, so that a red run is red again. `SEED=random` looks for
 * new ones, `SEED=n` for those of another seed.
 */
const { SEED: seed } = process.env
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed ?? 20_261_122) })
