// Gates, their documentation and the overrides a person may give tell of the same things.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { gates } from '../../src/preflight/gates/registry.ts';
import { breakGlass } from '../../src/preflight/prove-ready.ts';
import { overrides } from '../../src/request.ts';

const page = readFileSync('docs/preflight.md', 'utf8');
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [/^`([a-z-]+)`/.exec(section)?.[1] ?? section.split('\n')[0], section] as const),
);
const names = gates.map(({ name }) => name);

test('docs/preflight.md has a section for each gate, in the order of the registry', () => {
  expect(
    [...sections.keys()].filter((heading) => heading !== undefined && /^[a-z-]+$/.test(heading)),
  ).toEqual(names);
});

test('no two gates have one name', () => {
  expect(new Set(names).size).toBe(names.length);
});

test('break-glass is an override', () => {
  expect(Object.keys(overrides)).toContain(breakGlass);
});

describe.each(gates.map((gate) => [gate.name, gate] as const))('%s', (name, gate) => {
  test('has an override that a person may give, or says that it has none', () => {
    const section = sections.get(name) ?? '';
    if (gate.override === undefined) {
      expect(section).toContain('No override');
      return;
    }
    expect(Object.keys(overrides)).toContain(gate.override);
    expect(section).toContain(`\`override: ${gate.override}\``);
  });

  test('is told in the page in the words of its summary', () => {
    expect(sections.get(name)).toContain(gate.summary);
  });
});
