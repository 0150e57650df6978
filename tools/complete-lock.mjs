// Completes package-lock.json after `npm install` behind a registry mirror that does not carry every platform's
// packages: npm leaves those optional packages out, and `npm ci` then refuses the lock file. Adds them by name, version
// and platform; a machine that sees the full registry fills in the rest. Usage: node tools/complete-lock.mjs

import { readFileSync, writeFileSync } from 'node:fs';

const file = 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8'));
const { packages } = lock;
let added = 0;
for (const [path, owner] of Object.entries({ ...packages })) {
  if (path === '') continue;
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    if (Object.keys(packages).some((key) => key.endsWith(`node_modules/${name}`))) continue;
    const os = /(android|darwin|linux|win32|freebsd|openharmony)/.exec(name)?.[1];
    const cpu = /(arm64|x64|ia32|ppc64|s390x|riscv64|loong64|arm)(?=-|$)/.exec(name)?.[1];
    if (!os || !cpu) {
      console.log('skipped', name, version);
      continue;
    }
    const libc = os === 'linux' ? (name.includes('musl') ? ['musl'] : ['glibc']) : undefined;
    packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...(owner.dev ? { dev: true } : {}),
      ...(libc ? { libc } : {}),
      optional: true,
      os: [os],
    };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log('added', added);
