// jest's global tear-down: the shared parts end, and jest waits until they have.
export { tearDown as default } from './keeper.mjs';
