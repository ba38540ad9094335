/** The views of the centre, in the order of their tabs. Each is loaded when it is first shown. */
import type { ComponentType } from 'preact';
import { FactsView } from './facts/table.tsx';
import type { Session } from './session.ts';

export interface View {
  /** In the URL. */
  readonly name: string;
  readonly title: string;
  /** Shown with Alt and this. */
  readonly key: string;
  /** It wants the height of the facts too: they are folded until somebody asks for them. */
  readonly tall?: true;
  /** It is about no run: it has the whole width, and what belongs to a run is hidden. */
  readonly wide?: true;
  /** The picture of the view as an SVG document. Default: the largest <svg> that it shows, with its styles. */
  readonly svg?: (session: Session) => Promise<string>;
  /** `async () => (await import('./chart/chart.tsx')).ChartView`, so that what is heavy is a chunk of its own. */
  readonly load: () => Promise<ComponentType<{ readonly session: Session }>>;
}

export const views: readonly View[] = [
  {
    name: 'topology', title: 'Topology', key: '1', load: async () => (await import('./topology/topology.tsx')).TopologyView,
    svg: async (session) => (await import('./topology/topology.tsx')).topologyFile(session),
  },
  {
    name: 'chart', title: 'Chart', key: '2', load: async () => (await import('./chart/chart.tsx')).ChartView,
    svg: async (session) => (await import('./chart/chart.tsx')).chartFile(session),
  },
  {
    name: 'sequence', title: 'Sequence', key: '3', tall: true, load: async () => (await import('./sequence/view.tsx')).SequenceView,
    svg: async (session) => (await import('./sequence/view.tsx')).sequencePicture(session),
  },
  { name: 'ownership', title: 'Ownership', key: '4', load: async () => (await import('./timeline/view.tsx')).TimelineView },
  {
    name: 'space', title: 'Worlds', key: '5', tall: true, load: async () => (await import('./space/space.tsx')).SpaceView,
    svg: async (session) => (await import('./space/space.tsx')).spaceFile(session),
  },
  { name: 'verdicts', title: 'Verdicts', key: '6', wide: true, load: async () => (await import('./verdicts/view.tsx')).VerdictsView },
  { name: 'traces', title: 'Traces', key: '7', wide: true, load: async () => (await import('./trace/view.tsx')).TraceView },
  { name: 'facts', title: 'Facts', key: '8', load: () => Promise.resolve(FactsView) },
];
