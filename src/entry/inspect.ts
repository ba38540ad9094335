/** `dma-ownership/inspect`: what inspectors see, in both protocols of XState. Needs no Node: for pages too. */
export { plainly, type Seen, type SeenEvent, type SeenSnapshot, type Tell } from '../inspect/seen.ts';
export { watching } from '../inspect/live.ts';
export { replayed } from '../inspect/replayed.ts';
export { fromStately, statelyMessages, type StatelyMessage } from '../inspect/stately.ts';
export { fromService, sentBack, serviceMessage, type ReceiverMessage, type ServiceMessage } from '../inspect/services.ts';
export { History, type WatchedFact, type WatchedState } from '../inspect/history.ts';
export { Watched, type WatchedActor, type WatchedMessage } from '../inspect/watched.ts';
