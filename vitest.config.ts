import { defineConfig } from 'vitest/config'

/** Tests that start the program itself and so need what `npm run build` makes. */
const BUILT = [
  'test/cli/**/*.test.ts',
  'test/dist/manual.test.ts',
  'test/decode/stream.test.ts',
  'test/golden/ausearch.test.ts',
  'test/install/**/*.test.ts',
  'test/deploy/**/*.test.ts',
  'test/kernel/**/*.test.ts',
  'test/fault/campaign/campaign.test.ts',
  'test/security/{secrets,text}.test.ts',
]
/** Tests that install the packages that `npm run dist` makes. */
const DIST = ['test/dist/{deb,rpm,tarball}.test.ts']
/** Tests against a real Kafka. */
const KAFKA = ['test/kafka/**/*.test.ts', 'test/fault/campaign/{kafka,backlog}.test.ts']

export default defineConfig({
  test: {
    pool: 'forks',
    setupFiles: ['test/seed.ts'],
    testTimeout: 120_000,
    // Tests on the real kernel wait in their hooks for each other.
    hookTimeout: 240_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          include: ['test/**/*.test.ts'],
          exclude: [...BUILT, ...DIST, ...KAFKA],
        },
      },
      {
        extends: true,
        test: {
          name: 'built',
          include: BUILT,
          globalSetup: 'test/build.ts',
          // Some tests on the real kernel wait for each other in themselves.
          testTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'kafka',
          include: KAFKA,
          globalSetup: ['test/build.ts', 'test/kafka/setup.ts'],
          testTimeout: 400_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'dist',
          include: DIST,
          globalSetup: 'test/dist/setup.ts',
          testTimeout: 120_000,
        },
      },
    ],
  },
})
