// The jars of Apache Kafka, which Maven resolves once and which later runs share.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { madeOnce } from '../cache.mjs'

export const VERSION = '4.1.1'
const SLF4J_VERSION = '1.7.36'
/** What Kafka 4 is compiled for. */
const JAVA_VERSION = 17

// kafka-tools has the command for ACLs, which needs nothing of Kafka Connect and its 47 jars.
const POM = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>spillway</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${VERSION}</version>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>${SLF4J_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`

/** The folder of the jars. Throws where Java or, the first time, Maven or its repository are missing. */
export function jars() {
  const found = javaVersion()
  if (found < JAVA_VERSION) throw new Error(`Kafka needs Java ${JAVA_VERSION}, not ${found}`)
  return madeOnce(`kafka-${VERSION}`, resolveJars)
}

function resolveJars(folder) {
  console.error(`broker: Maven resolves Kafka ${VERSION}, once`)
  writeFileSync(join(folder, 'pom.xml'), POM)
  const quiet = ['-q', '-B']
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=.']
  try {
    execFileSync('mvn', [...quiet, ...goal], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const reason =
      error.code === 'ENOENT' ? 'mvn is not installed' : /\[ERROR\] (.*)/.exec(error.stdout)?.[1]
    throw new Error(`Maven could not get the jars: ${reason}`, { cause: error })
  }
}

/** The command that runs Java. */
export function java() {
  return process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java'
}

function javaVersion() {
  try {
    const says = execFileSync(java(), ['--version'], { encoding: 'utf8', stdio: 'pipe' })
    return Number(/(\d+)/.exec(says)?.[1])
  } catch (error) {
    throw new Error(`Java ${JAVA_VERSION} is not installed`, { cause: error })
  }
}
