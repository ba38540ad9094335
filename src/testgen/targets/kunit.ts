/**
 * A skeleton for KUnit: the calls of a suite as test cases against a fake bus, so that the driver core itself is under test.
 *
 * The bus counts as an IOMMU group does: dma_configure() uses it, dma_cleanup() gives it back, a user claims and releases it.
 */
import type { Topology } from '../../../machines/topology.ts';
import type { Spoken, SpokenTest } from '../spoken.ts';
import type { Written } from './files.ts';

/** Calls that the fake bus can make; a topology for this target has no others. */
const known: ReadonlySet<string> = new Set(['bind_store', 'unbind_store', 'driver_register', 'driver_unregister', 'claim', 'release']);

/** The topology with what the fake bus knows, and nothing else. */
export const forKunit = (topology: Topology): Topology => ({
  ...topology, threads: topology.threads.flatMap((thread) => {
    const calls = thread.calls.filter(({ type }) => known.has(type));
    return calls.length === 0 ? [] : [{ ...thread, calls }];
  }),
});

/** `dma_ownership_kunit.c`, and what the kernel's makefiles want. */
export function kunit(model: string, topology: Topology, tests: readonly SpokenTest[]): Written[] {
  return [
    { name: 'dma_ownership_kunit.c', text: source(model, topology, tests) },
    { name: 'Kconfig', text: kconfig }, { name: 'Makefile', text: 'obj-$(CONFIG_DMA_OWNERSHIP_KUNIT_TEST) += dma_ownership_kunit.o\n' }, { name: '.kunitconfig', text: 'CONFIG_KUNIT=y\nCONFIG_DMA_OWNERSHIP_KUNIT_TEST=y\n' },
  ];
}

const kconfig = `config DMA_OWNERSHIP_KUNIT_TEST
	tristate "KUnit tests for driver binding and DMA ownership" if !KUNIT_ALL_TESTS
	depends on KUNIT
	default KUNIT_ALL_TESTS
	help
	  Binds, unbinds and claims on a fake bus, and holds each answer and the
	  count of the group against a model.

	  If unsure, say N.
`;

function source(model: string, { devices, drivers }: Topology, tests: readonly SpokenTest[]): string {
  const index = (names: readonly { readonly name: string }[], name: unknown) => Math.max(0, names.findIndex((one) => one.name === name));
  const line = ({ thread, call, ret, groups }: Spoken): string[] => {
    const [device, driver] = [`&world.devices[${index(devices, call['device'])}].dev`, `&drivers[${index(drivers, call['driver'])}]`];
    const made: Readonly<Record<string, string>> = {
      bind_store: `fake_bind(${driver}, ${device})`, unbind_store: `fake_unbind(${driver}, ${device})`, driver_register: `fake_register(${driver})`,
      driver_unregister: `fake_unregister(${driver})`, claim: `fake_claim("${thread}")`, release: `fake_release()`,
    };
    const [group] = Object.values(groups);
    return [`	KUNIT_ASSERT_EQ(test, ${made[call.type]}, ${ret});`, ...(group === undefined ? [] : [`	KUNIT_EXPECT_EQ(test, world.owner_cnt, ${group.owner_cnt});`])];
  };
  const flags = drivers.map(({ name, driver_managed_dma }) => `	{ .driver.name = "${name}", .managed = ${driver_managed_dma} },`);
  const cases = tests.filter(({ calls }) => calls.every(({ ret }) => ret !== null));
  return [
    top(model, devices.length, flags),
    ...cases.flatMap(({ name, calls }) => ['', `static void sequence_${name}(struct kunit *test)`, '{', ...calls.flatMap(line), '}']), '',
    'static struct kunit_case dma_ownership_cases[] = {', ...cases.map(({ name }) => `	KUNIT_CASE(sequence_${name}),`), '	{}', '};', '', bottom,
  ].join('\n');
}

const top = (model: string, devices: number, drivers: readonly string[]): string => `// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for driver binding and DMA ownership, on a fake bus.
 *
 * Written by dma-ownership testgen from the model ${model}. The driver core is
 * the real one; the group is a count, an owner and the rules of
 * drivers/iommu/iommu.c.
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/module.h>

struct fake_driver {
	struct device_driver driver;
	bool managed;
	bool registered;
};

struct fake_device {
	struct device dev;
	bool added;
};

static struct {
	struct fake_device devices[${devices}];
	unsigned int owner_cnt;
	const char *owner;
} world;

static struct fake_driver drivers[] = {
${drivers.join('\n')}
};

static int fake_dma_configure(struct device *dev)
{
	struct fake_driver *drv = container_of(dev->driver, struct fake_driver, driver);

	if (drv->managed)
		return 0;
	if (world.owner)
		return -EBUSY;
	world.owner_cnt++;
	return 0;
}

static void fake_dma_cleanup(struct device *dev)
{
	struct fake_driver *drv = container_of(dev->driver, struct fake_driver, driver);

	if (!drv->managed)
		world.owner_cnt--;
}

static struct bus_type fake_bus = {
	.name = "dma_ownership",
	.dma_configure = fake_dma_configure,
	.dma_cleanup = fake_dma_cleanup,
};

static int fake_probe(struct device *dev)
{
	return 0;
}

static int fake_register(struct fake_driver *drv)
{
	int ret;

	if (drv->registered)
		return -EBUSY;
	drv->driver.bus = &fake_bus;
	drv->driver.owner = THIS_MODULE;
	drv->driver.probe = fake_probe;
	ret = driver_register(&drv->driver);
	drv->registered = !ret;
	return ret;
}

static int fake_unregister(struct fake_driver *drv)
{
	if (drv->registered)
		driver_unregister(&drv->driver);
	drv->registered = false;
	return 0;
}

static int fake_bind(struct fake_driver *drv, struct device *dev)
{
	return drv->registered ? device_driver_attach(&drv->driver, dev) : -ENODEV;
}

static int fake_unbind(struct fake_driver *drv, struct device *dev)
{
	if (!drv->registered || dev->driver != &drv->driver)
		return -ENODEV;
	device_release_driver(dev);
	return 0;
}

static int fake_claim(const char *owner)
{
	if (world.owner_cnt)
		return -EPERM;
	world.owner = owner;
	world.owner_cnt = 1;
	return 0;
}

static int fake_release(void)
{
	if (!world.owner)
		return 0;
	world.owner = NULL;
	world.owner_cnt = 0;
	return 0;
}

static void fake_device_release(struct device *dev)
{
}

static int dma_ownership_init(struct kunit *test)
{
	int i, ret;

	memset(&world, 0, sizeof(world));
	ret = bus_register(&fake_bus);
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(drivers); i++) {
		ret = fake_register(&drivers[i]);
		if (ret)
			return ret;
	}
	for (i = 0; i < ARRAY_SIZE(world.devices); i++) {
		struct device *dev = &world.devices[i].dev;

		dev->bus = &fake_bus;
		dev->release = fake_device_release;
		dev_set_name(dev, "fake%d", i);
		ret = device_register(dev);
		if (ret) {
			put_device(dev);
			return ret;
		}
		world.devices[i].added = true;
		/* Every test begins unbound. */
		device_release_driver(dev);
	}
	return 0;
}

static void dma_ownership_exit(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(world.devices); i++)
		if (world.devices[i].added)
			device_unregister(&world.devices[i].dev);
	for (i = 0; i < ARRAY_SIZE(drivers); i++)
		fake_unregister(&drivers[i]);
	bus_unregister(&fake_bus);
}`;

const bottom = `static struct kunit_suite dma_ownership_suite = {
	.name = "dma_ownership",
	.init = dma_ownership_init,
	.exit = dma_ownership_exit,
	.test_cases = dma_ownership_cases,
};
kunit_test_suite(dma_ownership_suite);

MODULE_DESCRIPTION("KUnit tests for driver binding and DMA ownership");
MODULE_LICENSE("GPL");
`;
