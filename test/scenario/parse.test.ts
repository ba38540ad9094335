import { describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { ModelError } from '../../src/errors.ts';
import { updated } from '../../src/scenario/expected.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { printBlock } from '../../src/scenario/print.ts';
import { play } from '../../src/scenario/run.ts';

const head = `# One device.
# Expect: always bound.
# Models: v6.1.y v6.12.y
`;
const setup = `device 0000:02:00.0 group 8
driver e1000e matches 0000:02:00.0
thread admin
user vm1
`;

function refusal(text: string): Partial<ModelError> {
  try {
    const scenario = parseScenario(text, 'x.scenario');
    for (const model of scenario.models) play(scenario, models[model] as Model);
  } catch (error) {
    if (error instanceof ModelError) return { code: error.code, at: error.at, message: error.message, hint: error.hint, accepted: error.accepted };
    throw error;
  }
  return {};
}

describe('a line that does not fit is refused with its number', () => {
  test.each([
    // The header: lines 1 to 3.
    ['device a\ncall', 1, 'the header does not say what to expect', undefined],
    ['# Expect: perhaps\n', 1, 'the header does not say what to expect', undefined],
    ['# Expect: always\ndevice a', 2, 'the header does not say which kernel this is about', undefined],
    ['# Expect: always. Kernel v5.4\n', 1, 'no model stands for v5.4', undefined],
    ['# Expect: always\n# Models: v6.12\n', 2, 'there is no model v6.12', 'did you mean v6.12.y?'],
    [`${head}${setup}`, 7, 'nothing happens in this scenario', undefined],
    // The topology: from line 4.
    [`${head}devise a`, 4, 'devise declares nothing', 'did you mean device?'],
    [`${head}device a grup 8`, 4, 'a device has no grup', 'did you mean group?'],
    [`${head}device a group eight`, 4, 'eight is not a group', undefined],
    [`${head}device a bus`, 4, 'bus of a is missing', undefined],
    [`${head}device a\ndevice a`, 5, 'a is declared twice', undefined],
    [`${head}driver d asyn`, 4, 'a driver has no asyn', 'did you mean async?'],
    [`${head}device a driver d\nthread admin\ncall admin x`, 4, 'there is no driver d', undefined],
    [`${head}device a driver d\ndriver d unregistered\ncall x`, 4, 'd is not registered, so no device is bound to it', undefined],
    [`${head}absent a driver d\ndriver d\ncall x`, 4, 'a is not there yet, so no driver is bound to it', undefined],
    [`${head}device a bus platform driver d\ndriver d\ncall x`, 4, 'd is a driver of bus pci, a is on bus platform', undefined],
    [`${head}driver d matches b\ndevice a\ncall x`, 4, 'there is no device b', undefined],
    [`${head}thread 7up`, 4, '7up cannot be the name of a thread', undefined],
    [`${head}option test_removed`, 4, 'there is no option test_removed', 'did you mean test_remove?'],
    // Commands: from line 8.
    [`${head}${setup}call admn bind_store e1000e 0000:02:00.0`, 8, 'there is no thread admn', 'did you mean admin?'],
    [`${head}${setup}call admin bind_stor e1000e 0000:02:00.0`, 8, 'no thread of v6.1.y can call bind_stor', 'did you mean bind_store?'],
    [`${head}${setup}call admin`, 8, 'no thread of v6.1.y can call nothing', undefined],
    [`${head}${setup}call admin bind_store e1000 0000:02:00.0`, 8, 'there is no driver e1000', 'did you mean e1000e?'],
    [`${head}${setup}call admin bind_store e1000e`, 8, 'bind_store needs a device', undefined],
    [`${head}${setup}call admin bind_store e1000e 0000:02:00.0 now`, 8, 'now is too much here', undefined],
    [`${head}${setup}call vm1 claim 9`, 8, 'there is no group 9', undefined],
    [`${head}${setup}call vm1 claim_device 0000:02:00.0`, 8, 'no thread of v6.1.y can call claim_device', undefined],
    [`${head}${setup}answer prob -ENOMEM`, 8, 'the environment answers no prob', 'did you mean probe?'],
    [`${head}${setup}answer probe ENOMEM`, 8, 'probe never answers ENOMEM', 'did you mean -ENOMEM?'],
    [`${head}${setup}answer probe 0000:02:00.1 -ENOMEM`, 8, 'there is no 0000:02:00.1', 'did you mean 0000:02:00.0?'],
    [`${head}${setup}step admin until in_prove`, 8, 'no chart has a state in_prove', 'did you mean in_probe?'],
    [`${head}${setup}step admin in_probe`, 8, 'step goes up to a state', undefined],
    [`${head}${setup}run admin vm1`, 8, 'vm1 is too much here', undefined],
    [`${head}${setup}run\n----\n\nadmin bind_store.ret 0`, 11, 'admin is not a command', undefined],
    [`${head}${setup}run\n---- v6.12`, 9, 'this scenario is not about v6.12', 'did you mean v6.12.y?'],
  ] satisfies [string, number, string, string | undefined][])('%j', (text, line, message, hint) => {
    expect(refusal(text)).toMatchObject({ code: 'bad-scenario', at: `line ${line} of x.scenario`, message, ...(hint === undefined ? {} : { hint }) });
  });
});

describe('a script that asks for what cannot happen is refused with its line', () => {
  test.each([
    ['start admin bind_store e1000e 0000:02:00.0\ncall admin bind_store e1000e 0000:02:00.0', 9, 'admin is still inside a call'],
    ['start admin bind_store e1000e 0000:02:00.0\nstep admin until device_remove', 9, 'admin does not come to device_remove'],
    ['step admin until in_probe', 8, 'admin does not come to in_probe'],
    ['answer probe -ENOMEM\ncall vm1 claim 8', 8, 'nobody asks for probe'],
    ['answer probe 0000:02:00.0 -ENOMEM', 8, 'nobody asks for probe of 0000:02:00.0'],
  ] satisfies [string, number, string][])('%j', (script, line, message) => {
    expect(refusal(head + setup + script)).toMatchObject({ code: 'bad-scenario', at: `line ${line} of x.scenario`, message });
  });

  test('what was passed on the way is said', () => {
    expect(refusal(`${head}${setup}start admin drivers_probe_store 0000:02:00.0\nstep admin until in_device_bind_driver`).accepted).toContain('in_probe');
  });

  test('a bus that the model does not have', () => {
    expect(refusal(`${head}device cdx0 bus cdx\nthread admin\ncall admin drivers_probe_store cdx0`)).toMatchObject({ code: 'bad-topology', message: 'v6.1.y has no bus cdx' });
  });
});

describe('reading', () => {
  test('the kernel in the text chooses the model', () => {
    expect(parseScenario(`# Expect: never. Kernel v6.12.\n${setup}run`, 'x').models).toEqual(['v6.12.y']);
  });

  test('one thread may use several entry points: one actor for each', () => {
    const { topology } = parseScenario(`${head}${setup}call admin bind_store e1000e 0000:02:00.0\ncall admin unbind_store e1000e 0000:02:00.0`, 'x');
    expect(topology.threads.map(({ name, entry }) => `${name} ${entry}`)).toEqual(['admin bind_store', 'admin.unbind_store unbind_store']);
  });

  test('a user may say how it reaches its devices', () => {
    const { topology } = parseScenario(`# Expect: always. Kernel v6.12\ndevice a group 8\nuser vm1 iommufd_user\ncall vm1 group_open 8`, 'x');
    expect(topology.threads).toMatchObject([{ name: 'vm1', entry: 'iommufd_user' }]);
  });

  test('sections belong to their models, comments and blank lines to nobody', () => {
    const { blocks } = parseScenario(`${head}${setup}\nrun\n---- v6.1.y\none\n---- v6.12.y\ntwo\nthree\n\n# next\nrun\n----\n`, 'x');
    expect(blocks.map(({ sections }) => sections)).toEqual([
      [{ models: ['v6.1.y'], lines: ['one'], line: 11 }, { models: ['v6.12.y'], lines: ['two', 'three'], line: 13 }],
      [{ models: null, lines: [], line: 19 }],
    ]);
  });
});

describe('updating', () => {
  const update = (text: string, only?: string): string => {
    const scenario = parseScenario(text, 'x');
    return updated(scenario, scenario.models.filter((model) => only === undefined || model === only).map((model) => {
      const run = play(scenario, models[model] as Model);
      return { model, blocks: run.blocks.map((block) => printBlock(run, block)) };
    }));
  };
  const claimed = `vm1 -> group 8                  iommu_group_claim_dma_owner
group 8 -> vm1                  iommu_group_claim_dma_owner.ret 0
vm1                             claim.ret 0
0000:02:00.0 unbound   group 8 claimed owner_cnt=1 domain=blocking owner=vm1`;

  test('adds what is missing, replaces what is wrong, and keeps the rest', () => {
    const script = `${head}${setup}\n# The user comes.\ncall vm1 claim 8`;
    const right = `${script}\n----\n${claimed}\n`;
    expect(update(script)).toBe(right);
    expect(update(`${script}\n----\nnonsense\n`)).toBe(right);
    expect(update(right)).toBe(right);
  });

  test('of one model leaves the section of the other', () => {
    expect(update(`${head}${setup}call vm1 claim 8\n----\nas before\n`, 'v6.1.y'))
      .toBe(`${head}${setup}call vm1 claim 8\n---- v6.1.y\n${claimed}\n---- v6.12.y\nas before\n`);
  });
});
