// The URL of a request, with whatever expressions put into it: what a server would read is what a person reads in the
// record. A URL parser drops line breaks and resolves `..`, so that a value could lead the request somewhere else.

import { z } from 'zod';

export const httpUrl = z.string().superRefine((text, context) => {
  for (const why of [noHttpUrl(text), crooked(text)])
    if (why !== undefined) context.addIssue({ code: 'custom', message: why });
});

function noHttpUrl(text: string): string | undefined {
  if (!/^https?:/i.test(text)) return 'a URL that begins with http:// or https://';
  return URL.canParse(text)
    ? undefined
    : 'a URL whose host and port make sense: a port is a number up to 65535';
}

/** What a dry run puts in the place of an output that only the real run will know. */
const laterValue = /<known after [\w./-]+>/g;

/** Why the text does not mean what it says; `undefined` when it does. */
function crooked(written: string): string | undefined {
  const text = written.replaceAll(laterValue, 'later');
  if (/[\s\p{Cc}\\]/u.test(text))
    return 'a URL holds no white space, line breaks, control characters or backslashes; write them percent-encoded, or send the text in the body';
  const [path = ''] = text.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/);
  const plain = path.replaceAll(/%2e/gi, '.').replaceAll(/%2f/gi, '/').replaceAll(/%5c/gi, '/');
  return plain.split('/').some((segment) => segment === '.' || segment === '..')
    ? 'the path of a URL has no `.` or `..` between slashes, as they are or percent-encoded: the request would go somewhere else'
    : undefined;
}
