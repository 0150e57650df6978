// Fills variables with secrets, or with the parts of a secret that is a URL, such as the address of a database.

import type { SecretVariable } from './operation.ts';

/**
 * Throws, without quoting a value, for a secret that is not there and for one that is no URL with a host although a part
 * of it is wanted: a program that lacks its host would go and ask another one.
 */
export function secretVariables(
  wanted: Readonly<Record<string, SecretVariable>>,
  secret: (name: string) => string | undefined,
): Readonly<Record<string, string>> {
  const filled: Record<string, string> = {};
  for (const [variable, { secret: name, part }] of Object.entries(wanted)) {
    const value = secret(name);
    if (value === undefined) throw new Error(`the secret ${name} is not there`);
    const text = part === undefined ? value : partOf(name, value, part);
    if (text !== '') filled[variable] = text;
  }
  return filled;
}

function partOf(name: string, value: string, part: NonNullable<SecretVariable['part']>): string {
  const url = parse(value);
  if (url === undefined || url.hostname === '') throw new Error(`the secret ${name} is no URL with a host`);
  switch (part) {
    case 'host':
      return url.hostname.replace(/^\[(.*)\]$/, '$1');
    case 'port':
      return url.port;
    case 'user':
      return decodeURIComponent(url.username);
    case 'password':
      return decodeURIComponent(url.password);
    case 'database':
      return decodeURIComponent(url.pathname.slice(1));
    case 'sslmode':
      return url.searchParams.get('sslmode') ?? '';
  }
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
