// SPDX-License-Identifier: GPL-2.0
/*
 * PCI drivers whose probe answers what it is told: "told" is an ordinary driver, "told_managed" sets driver_managed_dma.
 * Neither has an id table, so devices come by driver_override or new_id.
 *
 * In /sys/module/told/parameters: probe_ret is what probe returns; probe_ms and remove_ms, how long probe and remove sleep.
 * Given when the module is loaded: async=1 asks for asynchronous probing.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>

static int probe_ret;
module_param(probe_ret, int, 0644);
static int probe_ms;
module_param(probe_ms, int, 0644);
static int remove_ms;
module_param(remove_ms, int, 0644);
static bool async;
module_param(async, bool, 0444);

static int told_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	if (probe_ms)
		msleep(probe_ms);
	return READ_ONCE(probe_ret);
}

static void told_remove(struct pci_dev *pdev)
{
	if (remove_ms)
		msleep(remove_ms);
}

static struct pci_driver told = {
	.name = "told",
	.probe = told_probe,
	.remove = told_remove,
};

static struct pci_driver told_managed = {
	.name = "told_managed",
	.probe = told_probe,
	.remove = told_remove,
	.driver_managed_dma = true,
};

static int __init told_init(void)
{
	int ret;

	if (async) {
		told.driver.probe_type = PROBE_PREFER_ASYNCHRONOUS;
		told_managed.driver.probe_type = PROBE_PREFER_ASYNCHRONOUS;
	}
	ret = pci_register_driver(&told);
	if (ret)
		return ret;
	ret = pci_register_driver(&told_managed);
	if (ret)
		pci_unregister_driver(&told);
	return ret;
}
module_init(told_init);

static void __exit told_exit(void)
{
	pci_unregister_driver(&told_managed);
	pci_unregister_driver(&told);
}
module_exit(told_exit);

MODULE_DESCRIPTION("PCI drivers whose probe answers what it is told");
MODULE_LICENSE("GPL");
