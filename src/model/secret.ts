const SECRET =
  /password|passphrase|secret|\.key\.pem$|^ssl\.keystore\.pem$|oauthbearer\.config$|jaas/

/** Whether a property of librdkafka holds what nobody else may read. */
export function isSecret(property: string): boolean {
  return SECRET.test(property)
}
