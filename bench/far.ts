/**
 * `npm run bench:growth -- [LIMIT [SECONDS [DEVICES USERS AT_ONCE]]]`: how far does one process get?
 *
 * At most LIMIT worlds (100000000) and SECONDS (480), below 4 GiB of worlds; AT_ONCE 0: all threads may be inside a call.
 */
import { far } from './growth.ts';

const [limit = 1e8, seconds = 480, devices = 4, users = 4, together = 0] = process.argv.slice(2).map(Number);
if (![limit, seconds, devices, users, together].every((number) => Number.isSafeInteger(number) && number >= 0))
  throw new Error('npm run bench:growth -- [LIMIT [SECONDS [DEVICES USERS AT_ONCE]]]: whole numbers');
await far([devices, users, together], limit, seconds);
