// What is known of digests and checksums: from live pods, from snapshots, from files that other tools wrote; and what a
// registry says it wants.

import { describe, expect, test } from '@jest/globals';
import { checksumFor } from '../../src/preflight/checksum-file.ts';
import { imagesOfSnapshots, runningImages } from '../../src/preflight/images-that-ran.ts';
import { readChallenges } from '../../src/preflight/registry-challenge.ts';

const a = 'a1'.repeat(32);
const b = 'b2'.repeat(32);

describe('digests of running images', () => {
  const running = (image: string, imageID: string) => [
    ...runningImages([{ status: { containerStatuses: [{ image, imageID }] } }]),
  ];
  test.each([
    [
      'as a registry has it',
      'shop/api:1',
      `docker.io/shop/api@sha256:${a}`,
      ['docker.io/shop/api:1', [`sha256:${a}`]],
    ],
    [
      'with a scheme before it',
      'r.io/api:1',
      `docker-pullable://r.io/api@sha256:${a}`,
      ['r.io/api:1', [`sha256:${a}`]],
    ],
    ['of the runtime alone', 'r.io/api:1', `sha256:${a}`, undefined],
    ['of another repository', 'r.io/api:1', `mirror.io/api@sha256:${a}`, undefined],
    ['of a pod that was made by digest', `r.io/api@sha256:${a}`, `r.io/api@sha256:${a}`, undefined],
    ['not yet known', 'r.io/api:1', '', undefined],
  ])('%s', (_, image, imageID, expected) => {
    expect(running(image, imageID)).toEqual(expected === undefined ? [] : [expected]);
  });

  test('of a snapshot: the newest with the same content', () => {
    const snapshot = (digest: string, images?: readonly string[]) => ({
      components: { api: { digest, images } },
    });
    const known = [snapshot('x', ['new']), snapshot('y', ['one']), snapshot('y', ['two'])];
    expect(imagesOfSnapshots(known, 'api', 'y')).toEqual(['one']);
    expect(imagesOfSnapshots(known, 'api', 'z')).toEqual([]);
    expect(imagesOfSnapshots([snapshot('y')], 'api', 'y')).toEqual([]);
    expect(imagesOfSnapshots(known, 'web', 'y')).toEqual([]);
  });
});

describe('a checksum', () => {
  test.each([
    ['of sha256sum', `${b}  other\n${a}  orders.dump\n`, a],
    ['in binary mode', `${a} *orders.dump\n`, a],
    ['of another folder, in capitals', `${a.toUpperCase()}  ./dumps/orders.dump\r\n`, a],
    ["of BSD's tools", `SHA256 (orders.dump) = ${a}\n`, a],
    ['alone', `${a}\n`, a],
    ['of another file', `${a}  orders.dump.gz\n`, undefined],
    ['alone, twice', `${a}\n${b}\n`, undefined],
    ['of another kind', 'd41d8cd98f00b204e9800998ecf8427e  orders.dump\n', undefined],
    ['in an empty file', '', undefined],
  ])('%s', (_, text, expected) => {
    expect(checksumFor('/backups/orders.dump', text)).toBe(expected);
  });
});

describe('a challenge', () => {
  test.each([
    ['', []],
    ['Basic realm="x"', [['basic', { realm: 'x' }]]],
    [
      'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
      [
        [
          'bearer',
          {
            realm: 'https://auth.example/token',
            service: 'registry.example',
            scope: 'repository:a/b:pull,push',
          },
        ],
      ],
    ],
    [
      'Bearer realm=x, Basic realm="a \\"b\\""',
      [
        ['bearer', { realm: 'x' }],
        ['basic', { realm: 'a "b"' }],
      ],
    ],
  ])('%s', (header, expected) => {
    expect(readChallenges(header).map(({ scheme, parameters }) => [scheme, parameters])).toEqual(expected);
  });
});
