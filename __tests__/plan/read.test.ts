// The plan as a file: what is read, and everything on a disk that is not a plan.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPlanSource } from '../../src/adapters/plan-source.ts';
import { RollbackPlanError } from '../../src/errors.ts';
import { planDigest } from '../../src/plan/parse.ts';
import { type ReadPlan, readPlan } from '../../src/plan/read.ts';
import { linesOf } from './errors-in.ts';
import { sampleKinds } from './sample-kinds.ts';

const good =
  'version: 1\nservice: shop\ncomponents: { api: { uses: helm-release, with: { release: shop } } }\n';

let outer: string;
let workspace: string;
let server: Server;

beforeAll(async () => {
  outer = realpathSync(mkdtempSync(join(tmpdir(), 'plan-')));
  workspace = join(outer, 'work');
  mkdirSync(join(workspace, '.github'), { recursive: true });
  mkdirSync(join(workspace, 'folder.yml'));
  writeFileSync(join(outer, 'secret.yml'), good);
  writeFileSync(join(workspace, '.github/rollback.yml'), good);
  writeFileSync(join(workspace, 'with-mark.yml'), `\ufeff${good}`);
  writeFileSync(join(workspace, 'utf16le.yml'), Buffer.from(`\ufeff${good}`, 'utf16le'));
  writeFileSync(join(workspace, 'utf16-without-mark.yml'), Buffer.from(good, 'utf16le'));
  writeFileSync(join(workspace, 'utf16be.yml'), Buffer.from(`\ufeff${good}`, 'utf16le').swap16());
  writeFileSync(join(workspace, 'latin1.yml'), Buffer.from('version: 1\nowner: Zoë\n', 'latin1'));
  writeFileSync(join(workspace, 'cut.yml'), Buffer.from([...Buffer.from('version: 1\nowner: "ä'), 0xc3]));
  writeFileSync(join(workspace, 'overlong.yml'), Buffer.from([...Buffer.from('a: '), 0xc0, 0x80]));
  writeFileSync(join(workspace, 'large.yml'), `#${'x'.repeat(3 * 1024 * 1024)}`);
  writeFileSync(join(workspace, 'just-fits.yml'), `${good}#${'x'.repeat(256 * 1024 - good.length - 1)}`);
  symlinkSync(join(outer, 'secret.yml'), join(workspace, 'leaves.yml'));
  symlinkSync('../secret.yml', join(workspace, 'leaves-relatively.yml'));
  symlinkSync(outer, join(workspace, 'out'));
  symlinkSync('.github/rollback.yml', join(workspace, 'stays.yml'));
  symlinkSync('circle.yml', join(workspace, 'circle.yml'));
  symlinkSync('nowhere.yml', join(workspace, 'dangling.yml'));
  symlinkSync('/dev/zero', join(workspace, 'zero.yml'));
  execFileSync('mkfifo', [join(workspace, 'pipe.yml')]);
  server = createServer().listen(join(workspace, 'socket.yml'));
  await new Promise((resolve) => server.once('listening', resolve));
});

afterAll(() => {
  server.close();
  rmSync(outer, { recursive: true });
});

function read(path: string): Promise<ReadPlan> {
  return readPlan({ path, source: createPlanSource(workspace), kinds: sampleKinds });
}

async function refusal(path: string): Promise<string> {
  const outcome = await read(path).catch((thrown: unknown) => thrown);
  return outcome instanceof RollbackPlanError ? `${outcome.code}: ${outcome.message}` : 'read';
}

describe('a plan that can be read', () => {
  test.each([
    ['a file below the workspace', '.github/rollback.yml', '.github/rollback.yml'],
    ['a path with detours that stays inside', '.github/../.github/./rollback.yml', '.github/rollback.yml'],
    ['a link that stays inside', 'stays.yml', 'stays.yml'],
    ['a file with a byte order mark', 'with-mark.yml', 'with-mark.yml'],
    ['a file of exactly 256 KiB', 'just-fits.yml', 'just-fits.yml'],
  ])('%s is read and named as the workspace knows it', async (_name, path, shown) => {
    const { plan, findings } = await read(path);
    expect(linesOf(findings, 'error')).toEqual([]);
    expect(plan?.file).toBe(shown);
    expect(plan?.locate(['service'])).toEqual({ file: shown, line: 2, column: 10 });
  });

  test('an absolute path inside the workspace is read, and shown relative to it', async () => {
    const { plan } = await read(join(workspace, '.github/rollback.yml'));
    expect(plan?.file).toBe('.github/rollback.yml');
  });

  test('the digest is that of the text, with or without a byte order mark', async () => {
    const [plain, marked] = [await read('.github/rollback.yml'), await read('with-mark.yml')];
    expect(plain.digest).toBe(planDigest(good));
    expect(plain.plan?.digest).toBe(plain.digest);
    expect(marked.digest).toBe(plain.digest);
    expect(plain.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe('what is no file of the workspace', () => {
  test.each([
    ['a path with ..', '../secret.yml', 'plan-invalid: the plan "../secret.yml" is outside the workspace'],
    ['an absolute path', '/etc/passwd', 'plan-invalid: the plan "/etc/passwd" is outside the workspace'],
    ['the workspace itself', '.', 'plan-invalid: the plan "." is outside the workspace'],
    ['an empty path', '', 'plan-invalid: "" is no path'],
    ['a path with a NUL', 'a\0b', 'plan-invalid: "a\\u0000b" is no path'],
    [
      'a link that leaves',
      'leaves.yml',
      'plan-invalid: the plan "leaves.yml" is a symbolic link that leaves the workspace',
    ],
    [
      'a relative link that leaves',
      'leaves-relatively.yml',
      'plan-invalid: the plan "leaves-relatively.yml" is a symbolic link that leaves the workspace',
    ],
    [
      'a file behind a linked folder',
      'out/secret.yml',
      'plan-invalid: the plan "out/secret.yml" is a symbolic link that leaves the workspace',
    ],
    [
      'a link to a device',
      'zero.yml',
      'plan-invalid: the plan "zero.yml" is a symbolic link that leaves the workspace',
    ],
    ['a folder', 'folder.yml', 'plan-invalid: the plan "folder.yml" is a folder, not a file'],
    ['a pipe that nobody writes to', 'pipe.yml', 'plan-invalid: the plan "pipe.yml" is a pipe, not a file'],
    ['a socket', 'socket.yml', 'plan-invalid: the plan "socket.yml" is a socket, not a file'],
    [
      'links in a circle',
      'circle.yml',
      'plan-missing: the plan "circle.yml" can\'t be read: its symbolic links go round in a circle',
    ],
    ['a link to nothing', 'dangling.yml', 'plan-missing: there is no plan at "dangling.yml"'],
    ['a file that is not there', 'none.yml', 'plan-missing: there is no plan at "none.yml"'],
    ['a path through a file', 'stays.yml/x', 'plan-missing: there is no plan at "stays.yml/x"'],
    [
      'a name of 5000 characters',
      'x'.repeat(5000),
      `plan-missing: the plan "${'x'.repeat(199)}…" can't be read: its path is too long`,
    ],
  ])('%s is refused at once', async (_name, path, expected) => {
    expect(await refusal(path)).toBe(expected);
  });

  test('a workspace that is itself a device folder gives no device', async () => {
    const outcome = readPlan({ path: 'null', source: createPlanSource('/dev'), kinds: sampleKinds });
    await expect(outcome).rejects.toThrow('the plan "null" is a device, not a file');
  });

  test('a missing plan names the one that is in a usual place', async () => {
    await expect(read('none.yml')).rejects.toMatchObject({
      hint: 'There is one at .github/rollback.yml: set `plan: .github/rollback.yml`.',
    });
  });

  test('a file without read permission says so, for anyone but root', async () => {
    const path = join(workspace, 'locked.yml');
    writeFileSync(path, good);
    chmodSync(path, 0o000);
    const expected =
      process.getuid?.() === 0
        ? 'read'
        : `plan-missing: the plan "locked.yml" can't be read: its permissions do not allow reading it`;
    expect(await refusal('locked.yml')).toBe(expected);
  });
});

describe('bytes that are no text', () => {
  test.each([
    ['UTF-16, little endian', 'utf16le.yml', '1:1 [encoding] the file is UTF-16 (little endian), not UTF-8'],
    ['UTF-16, big endian', 'utf16be.yml', '1:1 [encoding] the file is UTF-16 (big endian), not UTF-8'],
    [
      'UTF-16 without a mark',
      'utf16-without-mark.yml',
      '1:1 [encoding] the file is UTF-16 (little endian), not UTF-8',
    ],
    ['Latin-1', 'latin1.yml', '2:10 [encoding] the file is not valid UTF-8 from here on'],
    ['a character cut in two', 'cut.yml', '2:10 [encoding] the file is not valid UTF-8 from here on'],
    ['an overlong NUL', 'overlong.yml', '1:4 [encoding] the file is not valid UTF-8 from here on'],
    ['a file of 3 MiB', 'large.yml', '1:1 [limit] the plan has 3073 KiB, more than 256 KiB'],
  ])('%s is a finding where it begins', async (_name, path, expected) => {
    const { plan, findings } = await read(path);
    expect(plan).toBeUndefined();
    expect(linesOf(findings, 'error')).toEqual([expected]);
  });
});
