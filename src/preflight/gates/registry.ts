// Every gate there is, in the order people read them. A gate that is not in this list does not exist.

import type { Gate } from './gate.ts';
import { tool } from './tool.ts';

export const gates: readonly Gate<unknown>[] = [tool];
