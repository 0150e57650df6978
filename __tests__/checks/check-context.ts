// A context with only what a check uses; touching anything else fails the test.

import type { KindContext } from '../../src/ports.ts';
import { silentLog } from '../support/course.ts';

export function contextWith(parts: Partial<KindContext>): KindContext {
  const unused = (name: string) => (): never => {
    throw new Error(`the check has no business with ${name}`);
  };
  const guarded: Partial<KindContext> = {};
  for (const name of ['cluster', 'repository', 'http', 'clock', 'workspace', 'secretNames'] as const)
    Object.defineProperty(guarded, name, { get: unused(name), configurable: true });
  const all = {
    target: { name: 'test', vars: {} },
    incident: 'incident-1',
    log: silentLog,
    signal: new AbortController().signal,
    pathType: unused('paths'),
    read: unused('commands'),
    forward: unused('port-forward'),
    ...parts,
  };
  return Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(all)) as KindContext;
}
