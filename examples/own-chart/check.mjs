// Checks a chart of one's own: a group that does not look at owner_cnt when a user claims it, among the charts of v6.12.y.
import { explore, propertiesFor, replayWay, subjectOf, tellWay } from 'dma-ownership/check';
import { changed, defaultTopology, iommu_group, models, stateAt, System } from 'dma-ownership/machines';

/** The chart with one line changed: in `kernel_dma`, a claim goes through as if nobody used the group. */
const mine = changed(iommu_group, (config) => {
  const { unowned, kernel_dma } = stateAt(config, 'ownership').states;
  kernel_dma.on.iommu_group_claim_dma_owner = unowned.on.iommu_group_claim_dma_owner;
});

const model = { ...models['v6.12.y'], name: 'mine', charts: { ...models['v6.12.y'].charts, iommu_group: mine } };
const topology = defaultTopology({ devices: 1, users: 1, hotplug: false, module: false, models: [model] });
const system = new System(model, topology, { twice: true });
const report = await explore(subjectOf(system, { together: 2 }), propertiesFor(topology, model), { limit: 200_000 });

console.log(`${report.states} worlds, ${report.transitions} steps, ${report.complete ? 'every one visited' : `stopped by ${report.stopped}`}`);
const broken = report.properties.filter(({ kind, verdict }) => verdict === 'broken' && kind !== 'sometimes');
for (const { name, way } of broken.slice(0, 1)) console.log([`broken: ${name}`, ...tellWay(replayWay(system, way.steps).facts).map((line) => `  ${line}`)].join('\n'));
console.log(broken.length === 0 ? 'nothing is broken' : `${broken.length} properties are broken`);
process.exitCode = broken.length === 0 ? 0 : 1;
