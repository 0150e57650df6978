// Takes pictures of pages with headless Chromium, each run with a profile of its own that is thrown away.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Picture = { readonly page: string; readonly png: string; readonly height: number };

const deadlineMs = 60_000;

/** Resolves with what Chromium printed; rejects when it fails or takes longer than a minute. */
export async function takePicture(picture: Picture, browser = 'chromium'): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'look-'));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--hide-scrollbars',
    '--allow-file-access-from-files',
    '--virtual-time-budget=8000',
    `--user-data-dir=${profile}`,
    `--window-size=1060,${picture.height}`,
    `--screenshot=${picture.png}`,
    `file://${picture.page}`,
  ];
  try {
    return await run(browser, flags);
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

function run(browser: string, flags: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(browser, flags, { stdio: ['ignore', 'ignore', 'pipe'], timeout: deadlineMs });
    let printed = '';
    child.stderr.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`${browser} ended with ${code ?? 'a signal'}: ${printed.slice(-2_000)}`));
    });
  });
}
