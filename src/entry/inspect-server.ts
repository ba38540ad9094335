/** `dma-ownership/inspect/server`: both protocols over WebSockets, in Node. */
export { ask, show, view, type ListenOptions, type Shown, type ShowOptions, type Viewer, type ViewOptions } from '../inspect/server.ts';
export { watch, type Watch, type WatchOptions } from '../inspect/watch.ts';
