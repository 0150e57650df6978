// The inputs `to` and `deployed`: what they understand, and what they refuse to guess.

import { describe, expect, test } from '@jest/globals';
import { RollbackPlanError } from '../../src/errors.ts';
import { parseDeployed, parseDestination } from '../../src/target/destination.ts';

const components = ['api', 'web'];

describe('parseDestination', () => {
  test.each([
    ['', { type: 'last-good' }],
    ['last-good', { type: 'last-good' }],
    [' previous\n', { type: 'previous' }],
    ['S-20261121-100000-3f2a', { type: 'snapshot', id: 'S-20261121-100000-3f2a' }],
    ['api=2', { type: 'explicit', versions: new Map([['api', '2']]) }],
    [
      'api=2\nweb = v1.0',
      {
        type: 'explicit',
        versions: new Map([
          ['api', '2'],
          ['web', 'v1.0'],
        ]),
      },
    ],
    [
      'api=2, web=previous',
      {
        type: 'explicit',
        versions: new Map([
          ['api', '2'],
          ['web', 'previous'],
        ]),
      },
    ],
    ['api=2\napi=2', { type: 'explicit', versions: new Map([['api', '2']]) }],
  ])('understands %j', (text, expected) => {
    expect(parseDestination(text, components)).toEqual(expected);
  });

  test.each([
    ['2', '"2" is not of the form component=version'],
    ['api', '"api" is not of the form component=version'],
    ['api=', '"api=" is not of the form component=version'],
    ['-rf=2', '"-rf=2" is not of the form component=version'],
    ['db=2', 'there is no component "db" in the plan'],
    ['api=2\napi=3', '"api" is given twice, as 2 and as 3'],
    [',', 'it names no component'],
    ['latest', '"latest" is not of the form component=version'],
  ])('refuses %j and says what to write', (text, message) => {
    const attempt = (): unknown => parseDestination(text, components);
    expect(attempt).toThrow(RollbackPlanError);
    expect(attempt).toThrow(`to: ${message}`);
    try {
      attempt();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'to-invalid',
        hint: expect.stringContaining('api=VERSION\nweb=VERSION'),
      });
    }
  });
});

describe('parseDeployed', () => {
  test('understands versions by name, and that nobody said', () => {
    expect(parseDeployed('api=2.4.1, web=2.4.1\n', components)).toEqual(
      new Map([
        ['api', '2.4.1'],
        ['web', '2.4.1'],
      ]),
    );
    expect(parseDeployed(' \n', components)).toEqual(new Map());
  });

  test.each([
    ['previous', /^deployed: "previous" is not of the form component=version$/],
    ['app=1', /^deployed: there is no component "app" in the plan$/],
    ['api=1\napi=2', /^deployed: "api" is given twice, as 1 and as 2$/],
  ])('refuses %j as what was put out', (text, message) => {
    expect(() => parseDeployed(text, components)).toThrow(
      expect.objectContaining({ code: 'input-invalid', message: expect.stringMatching(message) }),
    );
  });
});
