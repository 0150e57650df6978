import { describe, expect, test } from '@jest/globals';
import { hideSecretShapes, looksSecret } from '../../src/values/secret-shapes.ts';

describe('names of secrets', () => {
  test.each([
    'password',
    'DB_PASSWORD',
    'dbPassword',
    'POSTGRES_PASS',
    'dbpassword',
    'clientSecret',
    'SECRETS',
    'api-key',
    'apiKey',
    'AWS_SECRET_ACCESS_KEY',
    'auth.token',
    'session_key',
    'credentials',
    'SENTRY_DSN',
    'client-key-data',
    'dockerconfigjson',
  ])('%s', (name) => {
    expect(looksSecret(name)).toBe(true);
  });

  test.each([
    'secretName',
    'existingSecret',
    'passwordFile',
    'tokenTtlSeconds',
    'imagePullSecrets',
    'maxTokens',
    'key',
    'cacheKey',
    'compass',
    'bypass',
    'replicas',
    'TOKEN_URL',
  ])('not %s', (name) => {
    expect(looksSecret(name)).toBe(false);
  });
});

describe('texts', () => {
  test.each([
    ['password: hunter22', 'password: ***'],
    ['DB_PASSWORD=hunter22 DB_HOST=db', 'DB_PASSWORD=*** DB_HOST=db'],
    ['{"apiKey":"k-123","user":"shop"}', '{"apiKey":"***","user":"shop"}'],
    ['{\\"token\\":\\"t-123\\"}', '{\\"token\\":\\"***\\"}'],
    ['psql --password hunter22 --host db', 'psql --password *** --host db'],
    ['connecting to postgres://shop:hunter22@db:5432/shop', 'connecting to postgres://shop:***@db:5432/shop'],
    ['Authorization: Bearer abcdefgh12345', 'Authorization: Bearer ***'],
    [`token ghp_${'a'.repeat(36)} used`, 'token *** used'],
    [
      '[{"name":"DB_PASSWORD","value":"hunter22"},{"name":"MODE","value":"x"}]',
      '[{"name":"DB_PASSWORD","value":"***"},{"name":"MODE","value":"x"}]',
    ],
    ['{\\"name\\":\\"TOKEN\\",\\"value\\":\\"t-1\\"}', '{\\"name\\":\\"TOKEN\\",\\"value\\":\\"***\\"}'],
    [
      '- name: DB_PASSWORD\n  value: hunter22\n- name: MODE\n  value: x',
      '- name: DB_PASSWORD\n  value: ***\n- name: MODE\n  value: x',
    ],
    ['<password>hunter22</password><mode>x</mode>', '<password>***</password><mode>x</mode>'],
    ['{"auths":{"ghcr.io":{"auth":"c2hvcDpodW50ZXIyMg=="}}}', '{"auths":{"ghcr.io":{"auth":"***"}}}'],
    [`key ${Buffer.from('-----BEGIN RSA PRIVATE KEY-----\nMIIEabc').toString('base64')} end`, 'key *** end'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----', '-----BEGIN PRIVATE KEY----- ***'],
  ])('%s', (text, expected) => {
    expect(hideSecretShapes(text)).toBe(expected);
  });

  test.each([
    'password: true',
    'secretName: api-tls',
    'passwordFile=/run/secrets/db',
    'DB_PASSWORD=$(VAULT_DB)',
    'GET /token?page=2 200',
    'the token expired',
    'https://shop.example:8443/a@b',
    'cache key: 42',
    `cert ${Buffer.from('-----BEGIN CERTIFICATE-----\nMIIEabcdefgh').toString('base64')}`,
    '- name: mode\n  value: secret-less',
  ])('left alone: %s', (text) => {
    expect(hideSecretShapes(text)).toBe(text);
  });

  test('a private key in a log, where every line has its time, and one that was cut off at either end', () => {
    const at = '2026-11-21T10:27:05.123456789Z';
    const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7';
    const lines = ['-----BEGIN RSA PRIVATE KEY-----', body, body, '-----END RSA PRIVATE KEY-----', 'goes on'];
    const log = lines.map((line) => `${at} ${line}`);
    const whole = hideSecretShapes(log.join('\n'));
    expect(whole).toBe(`${at} -----BEGIN RSA PRIVATE KEY----- ***\n${at} goes on`);
    expect(hideSecretShapes(whole)).toBe(whole);
    for (const part of [log.slice(1), log.slice(0, 3), lines.slice(1), lines.slice(0, 3)])
      expect(hideSecretShapes(part.join('\n'))).not.toContain('MIIE');
  });

  test('hiding twice is hiding once, and a long hostile line takes no time', () => {
    const once = hideSecretShapes('password: "hunter22", token=abc');
    expect(hideSecretShapes(once)).toBe(once);
    const started = performance.now();
    hideSecretShapes(`${'password-'.repeat(30_000)} ${'--a '.repeat(30_000)}`);
    hideSecretShapes('a://'.repeat(50_000));
    hideSecretShapes('-----BEGIN PRIVATE KEY-----\n'.repeat(5_000));
    hideSecretShapes('-----END PRIVATE KEY-----\n'.repeat(5_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
