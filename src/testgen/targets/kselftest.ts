/**
 * A suite as a kselftest: a POSIX shell script in KTAP, its helper in C, and what the kernel's makefiles want.
 *
 * The script touches the devices that its command line names, and no other; it puts back what it changed.
 */
import { printSuite, type Operation, type Suite, type SuiteFact, type SuiteStep, type SuiteTest } from '../suite.ts';
import type { Written } from './files.ts';
import { helper } from './helper.ts';
import { shellBegin, shellEnd } from './shell.ts';

/** Every file of the target. */
export function kselftest(suite: Suite): Written[] {
  return [
    { name: 'dma_ownership.sh', text: script(suite), executable: true },
    { name: 'dma_own.c', text: helper },
    { name: 'Makefile', text: makefile },
    { name: 'config', text: config },
    { name: 'settings', text: 'timeout=600\n' },
    { name: 'suite.json', text: printSuite(suite) },
  ];
}

const makefile = `# SPDX-License-Identifier: GPL-2.0
TEST_PROGS := dma_ownership.sh
TEST_GEN_FILES := dma_own

ifneq ($(wildcard ../lib.mk),)
include ../lib.mk
else
CFLAGS ?= -O2 -Wall -Wextra
all: $(TEST_GEN_FILES)
clean:
	rm -f $(TEST_GEN_FILES)
.PHONY: all clean
endif
`;
const config = `CONFIG_IOMMU_SUPPORT=y
CONFIG_PCI_STUB=m
CONFIG_UIO=m
CONFIG_UIO_PCI_GENERIC=m
CONFIG_VFIO=m
CONFIG_VFIO_GROUP=y
CONFIG_VFIO_IOMMU_TYPE1=m
CONFIG_VFIO_PCI=m
`;

function script(suite: Suite): string {
  const roles = Object.entries(suite.devices);
  const groups = [...new Set(roles.flatMap(([, { group }]) => (group === null ? [] : [group])))];
  return [
    '#!/bin/sh', '# SPDX-License-Identifier: GPL-2.0', `# Who may do DMA through a group of devices: written by dma-ownership testgen from the model ${suite.model}.`,
    `# usage: dma_ownership.sh ${roles.map(([role]) => `--device ${role}=ADDRESS`).join(' ')} [--only NUMBER]... [--helper FILE]`,
    ...groups.map((group) => `# ${roles.filter(([, one]) => one.group === group).map(([role]) => role).join(', ')}: PCI devices of one IOMMU group in which nobody else has a driver that does DMA.`),
    '# Nobody else may use them. suite.json says what the kernel does at each step. See "usage" below for what is needed.',
    '# shellcheck disable=SC2034,SC2154,SC2317 # names are made of roles and numbers', '',
    `MODEL=${quote(suite.model)}`, `TESTS=${suite.tests.length}`, `ROLES=${quote(roles.map(([role]) => role).join(' '))}`,
    `LOADED=${quote(Object.values(suite.drivers).filter(({ loaded }) => loaded).map(({ module }) => module).join(' '))}`,
    `DRIVERS=${quote(Object.keys(suite.drivers).join(' '))}`, `MANAGED=${quote(`pcieport ${Object.entries(suite.drivers).filter(([, { driver_managed_dma }]) => driver_managed_dma).map(([name]) => name).join(' ')}`)}`,
    `USERS=${quote(suite.users.join(' '))}`, `SAME=${quote(groups.map((group) => roles.filter(([, one]) => one.group === group).map(([role]) => role).join(',')).join(' '))}`, '',
    shellBegin,
    ...groups.map((group) => `group_${group}() { group_of ${roles.filter(([, one]) => one.group === group).map(([role]) => `"$${role}"`).join(' ')}; }`), '',
    ...suite.tests.map((test, index) => body(test, index)),
    shellEnd,
  ].join('\n');
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function body(test: SuiteTest, index: number): string {
  const lines = test.steps.flatMap((step, number): string[] => [
    ...traced(step.facts), `	${line(step, `${index}.${number}`)} || return`,
    ...step.ends.map((end) => `	ends ${index}.${end.step} ${quote(`${test.steps[end.step]?.by} ${test.steps[end.step]?.call}`)} ${end.ret} || return`),
  ]);
  return [`name_${index}=${quote(test.name)}`, `needs_${index}=${quote(needs(test).join(' '))}`, `test_${index}() {`, ...lines, '}', ''].join('\n');
}

/** What a machine must have: a test without it is skipped. */
function needs({ steps }: SuiteTest): string[] {
  const ops = new Set(steps.flatMap(({ do: operation }) => (operation.kind === 'file' ? [operation.op] : operation.kind === 'write' && /\/(?:remove|rescan)$/.test(operation.path) ? ['hotplug'] : operation.kind === 'write' && operation.path.endsWith('/type') ? ['type'] : [])));
  return [...(ops.has('iopen') || ops.has('vopen') ? ['iommufd'] : []), ...(ops.has('copen') || ops.has('gopen') ? ['vfio'] : []), ...(ops.has('hotplug') ? ['hotplug'] : []), ...(ops.has('type') ? ['type'] : [])];
}

/** What a trace shows, as a comment: functions that are entered, and answers that are not 0. */
function traced(facts: readonly SuiteFact[]): string[] {
  const words = facts.flatMap(({ function: name, at, action, ret }) =>
    (at === 'entry' ? [action ?? name] : at === 'return' && ret !== undefined && ret !== 0 ? [`${name} = ${ret}`] : []));
  const lines: string[] = [];
  for (const word of words) {
    if (lines.length > 0 && `${lines.at(-1)}, ${word}`.length <= 100) lines[lines.length - 1] += `, ${word}`;
    else lines.push(word);
  }
  return lines.map((text, index) => `	# ${index === 0 ? 'trace: ' : '  '}${text}`);
}

function line({ by, call, do: operation, expect }: SuiteStep, number: string): string {
  const want = 'waits' in expect ? 'waits' : String(expect.ret);
  return `step ${number} ${by} ${quote(call)} ${want} ${words(operation, by)}`;
}

function words(operation: Operation, by: string): string {
  switch (operation.kind) {
    case 'write': return `write ${filled(operation.path)} ${filled(operation.value)}`;
    case 'read': return `read ${filled(operation.path)}`;
    case 'module': return `${operation.action} ${operation.module}`;
    case 'file': return `ask ${by} ${filled([operation.op, ...operation.args].join(':'))}`;
  }
}

/** Roles become variables of the shell, groups and buses calls. */
const filled = (text: string): string => {
  const parts = text.replaceAll(/\{group (\d+)\}/g, '$(group_$1)').replaceAll(/\{bus (\w+)\}/g, '$(bus_of "$$$1")').replaceAll(/\{(\w+)\}/g, '$$$1');
  return parts === text && text !== '' ? text : `"${parts}"`;
};
