// Reads a record's front matter with a YAML parser that isn't ours.

import { load } from 'js-yaml';

export function parse(record: string): unknown {
  const [, front] = /^---\n([\s\S]*?)\n---\n/.exec(record) ?? [];
  if (front === undefined) throw new Error('the record has no front matter');
  return load(front);
}
