/** `npm run bench`: the checker beside others. Each question runs in rounds of its own; counts and lengths that differ end it. */
import { firstCounterexample } from './counterexample.ts';
import { growth } from './growth.ts';
import { broken, medium } from './models.ts';
import { reductions } from './reductions.ts';
import { fullSearch } from './search.ts';
import { againstObjects } from './small.ts';

await fullSearch();
await againstObjects();
await reductions(medium);
await firstCounterexample(broken('claim that asks first'));
await growth();
