// Severities that follow-ups name.

import { isJsonObject } from '../values/json.ts';
import { suggestion } from '../values/suggest.ts';
import type { Finding } from './findings.ts';
import type { Outline } from './outline.ts';

export function lintFollowUps({ top, document, severities }: Outline): readonly Finding[] {
  const section = top['follow-ups'];
  if (!isJsonObject(section)) return [];
  const known = severities.map(({ name }) => name);
  return Object.entries(section).flatMap(([name, value]) => {
    const times = isJsonObject(value) ? value['by-severity'] : undefined;
    if (!isJsonObject(times)) return [];
    return Object.keys(times)
      .filter((severity) => !known.includes(severity))
      .map(
        (severity): Finding => ({
          rule: 'unknown-severity',
          severity: 'error',
          message: `there is no severity \`${severity}\``,
          hint: suggestion(severity, known) ?? 'declare it under `severities:`',
          ...document.keySpanOf(['follow-ups', name, 'by-severity', severity]),
        }),
      );
  });
}
