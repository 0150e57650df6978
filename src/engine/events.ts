export * from '../events.ts';
