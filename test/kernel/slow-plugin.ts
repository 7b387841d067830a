import type { Plugin } from './auditd.ts'

/** A plugin that takes so many records a second and no more, whatever the machine does. */
export function slowPlugin(perSecond: number): Plugin {
  return {
    name: 'slow',
    format: 'string',
    script: `#!/usr/bin/perl
use Time::HiRes;
my $next = 0;
while (<STDIN>) {
  my $now = Time::HiRes::time();
  $next = $now if $next < $now - 0.1;
  $next += ${1 / perSecond};
  Time::HiRes::sleep($next - $now) if $next > $now + 0.002;
}
`,
  }
}
