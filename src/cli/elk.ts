/** Layouts in this process: ELK is loaded when the first is asked for. */
import type { ElkNode } from '../view/chart/layout.ts';

type Engine = { layout(question: ElkNode): Promise<ElkNode> };
let engine: Promise<Engine> | undefined;

/** Places and routes for a question of src/view. */
export async function layout(question: ElkNode): Promise<ElkNode> {
  engine ??= import('elkjs/lib/elk.bundled.js').then(({ default: elk }) => new elk.default() as unknown as Engine);
  return (await engine).layout(question);
}
