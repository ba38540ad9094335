/** ELK in a worker, loaded when a chart asks that no layout came along for. Its file is the one of the package, unchanged. */
import * as elkjs from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { ElkNode } from '../../../view/chart/layout.ts';

type Engine = { layout(question: ElkNode): Promise<ElkNode> };
type Constructor = new (given: { workerFactory: () => Worker }) => Engine;
let engine: Engine | undefined;

export function layout(question: ElkNode): Promise<ElkNode> {
  const { default: found } = elkjs as unknown as { default: Constructor | { default: Constructor } };
  const Elk = 'default' in found ? found.default : found;
  engine ??= new Elk({ workerFactory: () => new Worker(loadable(workerUrl)) });
  return engine.layout(question);
}

/** In the file that opens without a server the worker is part of the page: browsers start one from a blob only. */
function loadable(url: string): string {
  const [, encoded] = /^data:[^,]*;base64,(.*)$/s.exec(url) ?? [];
  if (encoded === undefined) return url;
  return URL.createObjectURL(new Blob([Uint8Array.from(atob(encoded), (one) => one.charCodeAt(0))], { type: 'text/javascript' }));
}
