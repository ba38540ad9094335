/** The C helper of the kselftest target: one write to sysfs with its errno, or a process that keeps VFIO and iommufd descriptors. */
export const helper = String.raw`// SPDX-License-Identifier: GPL-2.0
/*
 * dma_own - what the DMA ownership tests do to a machine, with the exact errno.
 *
 *   dma_own [-t MS] [-s STEP] -o RESULT write PATH VALUE
 *   dma_own [-t MS] [-s STEP] -o RESULT read PATH
 *   dma_own [-t MS] [-s STEP] ask REQUESTS RESULTS OP[:ARGUMENT...]
 *   dma_own serve REQUESTS RESULTS
 *   dma_own [-t MS] [-s STEP] await RESULT
 *   dma_own mark TEXT...
 *   dma_own error NUMBER
 *
 * write and read print what the system call returned (0 or minus errno), or
 * "waits" when it has not returned after MS milliseconds; then it goes on, and
 * RESULT has the answer once it is there. serve is a process that keeps its
 * descriptors in named slots; ask makes it do one operation. STEP, "3.0 admin
 * unbind ...", is written to trace_marker before and after, and so is every
 * system call, by the task that makes it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/vfio.h>

#define SLOTS 32

/* Headers older than 6.6 lack these. */
struct bind_iommufd { uint32_t argsz, flags; int32_t iommufd; uint32_t out_devid; };
struct attach_pt { uint32_t argsz, flags, pt_id; };
struct detach_pt { uint32_t argsz, flags; };
struct ioas_alloc { uint32_t size, flags, out_ioas_id; };
#define BIND_IOMMUFD _IO(';', 118)
#define ATTACH_PT _IO(';', 119)
#define DETACH_PT _IO(';', 120)
#define IOAS_ALLOC _IO(';', 0x81)

static int marker = -1;
static const char *step;

static void mark(const char *format, ...)
{
	char line[512];
	va_list arguments;
	int length;

	if (marker < 0)
		return;
	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (length >= (int)sizeof(line))
		length = sizeof(line) - 1;
	if (write(marker, line, length) < 0)
		marker = -1;
}

static int begins(const char *op)
{
	static int count;

	mark("USER B %d.%d %s", getpid(), ++count, op);
	return count;
}

static int ended(const char *op, int count, int ret)
{
	mark("USER E %d.%d %s ret=%d", getpid(), count, op, ret);
	return ret;
}

static int result(int ret)
{
	return ret < 0 ? -errno : ret;
}

static void nap(void)
{
	struct timespec time = { .tv_nsec = 2000000 };

	nanosleep(&time, NULL);
}

/* Milliseconds since some moment. */
static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void done(const char *ret)
{
	if (step)
		mark("dma-ownership done %.*s ret=%s", (int)strcspn(step, " "), step, ret);
	printf("%s\n", ret);
}

static int write_file(const char *path, const char *value)
{
	char op[400];
	int count, fd, ret;

	snprintf(op, sizeof(op), "write %s '%s'", path, value);
	count = begins(op);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return ended(op, count, -errno);
	/* A write of nothing never reaches the kernel's store function. */
	ret = result(write(fd, *value ? value : "\n", *value ? strlen(value) : 1));
	ended(op, count, ret < 0 ? ret : 0);
	close(fd);
	return ret < 0 ? ret : 0;
}

static int read_file(const char *path)
{
	char text[4096], op[400];
	int count, fd, ret;

	snprintf(op, sizeof(op), "read %s", path);
	count = begins(op);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ended(op, count, -errno);
	do
		ret = result(read(fd, text, sizeof(text)));
	while (ret > 0);
	ended(op, count, ret);
	close(fd);
	return ret;
}

/* Prints what a result file has, waiting for it; 1 when it never came. */
static int await(const char *path, long limit, int late)
{
	long end = now() + limit;
	char text[32] = "";
	FILE *file;

	for (;;) {
		file = fopen(path, "re");
		if (file)
			break;
		if (now() > end) {
			printf("%s\n", late ? "late" : "waits");
			return 1;
		}
		nap();
	}
	if (!fgets(text, sizeof(text), file))
		text[0] = 0;
	fclose(file);
	text[strcspn(text, "\n")] = 0;
	done(text);
	return 0;
}

/* In a child, so that a call that waits does not hold up the others. */
static int aside(char **words, const char *path, long limit)
{
	char beside[300];
	FILE *file;
	pid_t child;
	int ret;

	unlink(path);
	fflush(stdout);
	child = fork();
	if (child < 0)
		return 2;
	if (child == 0) {
		/* Whoever reads the parent's output must not wait for us. */
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(2);
		ret = strcmp(words[0], "write") ? read_file(words[1]) : write_file(words[1], words[2]);
		snprintf(beside, sizeof(beside), "%s.new", path);
		file = fopen(beside, "we");
		if (!file)
			_exit(2);
		fprintf(file, "%d\n", ret);
		fclose(file);
		_exit(rename(beside, path) ? 2 : 0);
	}
	await(path, limit, 0);
	return 0;
}

static struct {
	char name[64];
	int fd;
} slots[SLOTS];

/* The slot of a name; a new one holds nothing. */
static int *slot(const char *name)
{
	int i;

	for (i = 0; i < SLOTS && slots[i].name[0]; i++)
		if (!strcmp(slots[i].name, name))
			return &slots[i].fd;
	if (i == SLOTS || !name[0]) {
		fprintf(stderr, "no slot for '%s'\n", name);
		exit(2);
	}
	snprintf(slots[i].name, sizeof(slots[i].name), "%s", name);
	slots[i].fd = -1;
	return &slots[i].fd;
}

/* What was open in the slot stays there when this fails. */
static int taken(int *slot, int fd)
{
	if (fd < 0)
		return -errno;
	*slot = fd;
	return 0;
}

static int opened(int *fd, const char *path)
{
	return taken(fd, open(path, O_RDWR | O_CLOEXEC));
}

/* The node of a device: /sys/bus/pci/devices/X/vfio-dev/vfioN names it. */
static int device_node(int *fd, const char *device)
{
	char path[400];
	struct dirent *entry;
	int ret = -ENOENT;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", device);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, "vfio", 4))
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
		ret = opened(fd, path);
		break;
	}
	closedir(dir);
	return ret;
}

static int bind_iommufd(int device, int iommufd)
{
	struct bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = iommufd };

	return result(ioctl(device, BIND_IOMMUFD, &bind));
}

static int attach(int device, int iommufd)
{
	static uint32_t ioas;
	static int of = -1;
	struct ioas_alloc alloc = { .size = sizeof(alloc) };
	struct attach_pt pt = { .argsz = sizeof(pt) };

	if (of != iommufd) {
		if (!ioctl(iommufd, IOAS_ALLOC, &alloc))
			ioas = alloc.out_ioas_id;
		of = iommufd;
	}
	pt.pt_id = ioas;
	return result(ioctl(device, ATTACH_PT, &pt));
}

static int operate(char *text)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	struct detach_pt detach = { .argsz = sizeof(detach) };
	char path[300], *rest = text, *op, *first, *second;
	int ret, *fd;

	op = strsep(&rest, ":");
	first = rest ? strsep(&rest, ":") : "";
	fd = slot(first);
	if (!strcmp(op, "copen"))
		return opened(fd, "/dev/vfio/vfio");
	if (!strcmp(op, "iopen"))
		return opened(fd, "/dev/iommu");
	if (!strcmp(op, "gstatus")) {
		ret = result(ioctl(*fd, VFIO_GROUP_GET_STATUS, &status));
		return ret < 0 ? ret : (int)status.flags;
	}
	if (!strcmp(op, "unsetc"))
		return result(ioctl(*fd, VFIO_GROUP_UNSET_CONTAINER));
	if (!strcmp(op, "detachpt"))
		return result(ioctl(*fd, DETACH_PT, &detach));
	if (!strcmp(op, "close")) {
		ret = result(close(*fd));
		*fd = -1;
		return ret;
	}
	if (!rest)
		return -ENOSYS;
	if (!strcmp(op, "gopen")) {
		snprintf(path, sizeof(path), "/dev/vfio/%s", rest);
		return opened(fd, path);
	}
	if (!strcmp(op, "vopen"))
		return device_node(fd, rest);
	if (!strcmp(op, "setiommu"))
		return result(ioctl(*fd, VFIO_SET_IOMMU, strtoul(rest, NULL, 10)));
	if (!strcmp(op, "setc"))
		return result(ioctl(*fd, VFIO_GROUP_SET_CONTAINER, slot(rest)));
	if (!strcmp(op, "bindfd"))
		return bind_iommufd(*fd, *slot(rest));
	if (!strcmp(op, "attachpt"))
		return attach(*fd, *slot(rest));
	second = strsep(&rest, ":");
	if (!strcmp(op, "dev") && rest)
		return taken(fd, ioctl(*slot(second), VFIO_GROUP_GET_DEVICE_FD, rest));
	return -ENOSYS;
}

static int serve(const char *requests, const char *results)
{
	char line[400], op[400];
	int in, out, count, ret;
	FILE *file;

	/* Open for writing too: it never ends. */
	in = open(requests, O_RDWR | O_CLOEXEC);
	out = open(results, O_RDWR | O_CLOEXEC);
	file = in < 0 ? NULL : fdopen(in, "re");
	if (!file || out < 0)
		return 2;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		snprintf(op, sizeof(op), "%s", line);
		count = begins(op);
		ret = ended(op, count, operate(line));
		if (dprintf(out, "%d\n", ret) < 0)
			return 2;
	}
	return 0;
}

static int ask(const char *requests, const char *results, const char *op, long limit)
{
	struct pollfd ready = { .events = POLLIN };
	long end = now() + limit;
	char text[32];
	int out, length;

	/* Nobody reads before the process is up. */
	while ((out = open(requests, O_WRONLY | O_CLOEXEC | O_NONBLOCK)) < 0 && errno == ENXIO && now() < end)
		nap();
	ready.fd = open(results, O_RDWR | O_CLOEXEC);
	if (out < 0 || ready.fd < 0 || dprintf(out, "%s\n", op) < 0) {
		printf("gone\n");
		return 1;
	}
	if (poll(&ready, 1, limit) < 1) {
		printf("waits\n");
		return 1;
	}
	length = read(ready.fd, text, sizeof(text) - 1);
	text[length < 0 ? 0 : length] = 0;
	text[strcspn(text, "\n")] = 0;
	done(text);
	return 0;
}

int main(int argc, char **argv)
{
	const char *path = NULL;
	long limit = 20000;
	int i, option;

	marker = open("/sys/kernel/tracing/trace_marker", O_WRONLY | O_CLOEXEC);
	while ((option = getopt(argc, argv, "+t:s:o:")) != -1) {
		switch (option) {
		case 't':
			limit = atol(optarg);
			break;
		case 's':
			step = optarg;
			break;
		case 'o':
			path = optarg;
			break;
		default:
			return 2;
		}
	}
	argc -= optind;
	argv += optind;
	if (argc < 1)
		return 2;
	if (!strcmp(argv[0], "mark") && argc > 1) {
		for (i = 1; i < argc; i++)
			mark("%s", argv[i]);
		return 0;
	}
	if (!strcmp(argv[0], "error") && argc == 2) {
		printf("%s\n", strerror(abs(atoi(argv[1]))));
		return 0;
	}
	if (!strcmp(argv[0], "serve") && argc == 3)
		return serve(argv[1], argv[2]);
	if (!strcmp(argv[0], "await") && argc == 2)
		return await(argv[1], limit, 1);
	if (step)
		mark("dma-ownership step %s", step);
	if (!strcmp(argv[0], "ask") && argc == 4)
		return ask(argv[1], argv[2], argv[3], limit);
	if (path && ((!strcmp(argv[0], "write") && argc == 3) || (!strcmp(argv[0], "read") && argc == 2)))
		return aside(argv, path, limit);
	return 2;
}
`;
