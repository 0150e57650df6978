// Name and version as the record states them. `package.json` is the one place where they are decided; a contract test
// holds this copy against it, so that the bundle does not have to carry the whole manifest.

export const product = { name: 'rollback-plan', version: '0.1.0' } as const;
