/** The beginning of the page. */
import { render } from 'preact';
import { defaultTopology } from '../../world/topology.ts';
import { createSession } from './session.ts';
import { Shell } from './shell/shell.tsx';

const session = createSession({ title: 'one device, one user', model: 'v6.12.y', topology: defaultTopology({ devices: 2, users: 1, bound: true }), answersFirst: true, source: { kind: 'path', steps: [] } });
const root = document.getElementById('page');
if (root !== null) render(<Shell session={session} />, root);
