/** The 26 claims of the mail of 22 February 2022, in its order. */
import { buses } from './buses.ts';
import { callbacks } from './callbacks.ts';
import type { Claim } from './claim.ts';
import { nesting } from './nesting.ts';
import { notices } from './notices.ts';
import { walk } from './walk.ts';

export const claims: readonly Claim[] = [...callbacks, ...walk, ...notices, ...nesting, ...buses];
