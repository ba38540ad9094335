/** `npm run bench`: the checker beside others. Each question runs in rounds of its own; counts and lengths that differ end it. */
import { firstCounterexample } from './counterexample.ts';
import { growth } from './growth.ts';
import { broken, leaking, medium, wide } from './models.ts';
import { reductions, saves } from './reductions.ts';
import { fullSearch } from './search.ts';
import { againstObjects } from './small.ts';

await fullSearch();
await againstObjects();
await reductions(medium);
await saves(100, wide);
await saves(100, leaking);
await firstCounterexample(broken('claim that asks first'));
await growth();
