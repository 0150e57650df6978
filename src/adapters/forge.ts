// The forge's two adapters behind one door: both are loaded on first use, and together, so that what they share is
// bundled once.

export { createForge } from './github.ts';
export { createForgeObjects } from './github-objects.ts';
