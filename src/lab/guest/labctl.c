/*
 * labctl: one system call at a time, its errno, and a mark in the trace before and after it.
 *
 *   labctl do OP...            operations in this order, in one process
 *   labctl w PATH VALUE        the operation `write PATH VALUE`
 *   labctl rounds FILE         races: see rounds()
 *   labctl plan FILE           tests, by several processes that keep their files open: see plan()
 *   labctl state               every PCI device: group, driver, override
 *   labctl note TEXT           a remark in the trace
 *
 * Operations; a SLOT is a word that stands for an open file of this process:
 *
 *   write PATH VALUE           an empty VALUE is written as a newline: a write of nothing never reaches the kernel
 *   read PATH                  the whole file
 *   load MODULE, unload MODULE modprobe, which says no more than whether it failed (-EIO); delete_module(2)
 *   copen:SLOT                 open /dev/vfio/vfio
 *   gopen:SLOT:GROUP           open /dev/vfio/GROUP
 *   gstatus:SLOT               VFIO_GROUP_GET_STATUS: 1 viable, 2 container set
 *   setc:GROUPSLOT:SLOT        VFIO_GROUP_SET_CONTAINER, the claim
 *   unsetc:GROUPSLOT           VFIO_GROUP_UNSET_CONTAINER
 *   setiommu:SLOT:TYPE         VFIO_SET_IOMMU, 1: type 1
 *   dev:SLOT:GROUPSLOT:DEVICE  VFIO_GROUP_GET_DEVICE_FD
 *   close:SLOT                 close
 *   sleep:SECONDS              nothing, for that long
 *   touch:PATH, await:PATH     lets two processes take turns; await gives up after 20 s
 *
 * Marks and output: `USER B pid.n OP`, then `USER E pid.n OP ret=R`, where R is 0 or more, or -errno. Exit code: 1 if any failed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/vfio.h>

static int marker = -1;
static unsigned long count;

__attribute__((format(printf, 1, 2))) static void mark(const char *format, ...)
{
	char text[512];
	va_list rest;
	int length;

	va_start(rest, format);
	length = vsnprintf(text, sizeof text, format, rest);
	va_end(rest);
	if (length >= (int)sizeof text)
		length = sizeof text - 1;
	if (marker >= 0 && write(marker, text, length) < 0)
		marker = -1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static __attribute__((noreturn)) void wrong(const char *what)
{
	fprintf(stderr, "labctl: cannot read: %s\n", what);
	exit(2);
}

/* ---- open files by name ------------------------------------------------- */

static struct { char name[16]; int fd; } slots[32];

static int *slot(const char *name)
{
	int i;

	if (name == NULL || strlen(name) >= sizeof slots[0].name)
		wrong(name == NULL ? "an operation without its slot" : name);
	for (i = 0; i < 32 && slots[i].name[0] != 0; i++)
		if (strcmp(slots[i].name, name) == 0)
			return &slots[i].fd;
	if (i == 32)
		wrong("more than 32 slots");
	strcpy(slots[i].name, name);
	slots[i].fd = -1;
	return &slots[i].fd;
}

static int result(int ret)
{
	return ret < 0 ? -errno : ret;
}

/* What a slot had stays there when nothing new comes. */
static int keep(int *slot, int fd)
{
	if (fd < 0)
		return -errno;
	*slot = fd;
	return 0;
}

static int open_in(const char *name, const char *path)
{
	return keep(slot(name), open(path, O_RDWR | O_CLOEXEC));
}

/* ---- one operation ------------------------------------------------------ */

static int write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = result(write(fd, *value ? value : "\n", *value ? strlen(value) : 1));
	close(fd);
	return ret < 0 ? ret : 0;
}

static int read_file(const char *path)
{
	char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	while ((ret = read(fd, text, sizeof text)) > 0)
		;
	ret = result(ret);
	close(fd);
	return ret;
}

static int load(const char *module)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execlp("modprobe", "modprobe", module, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return status == 0 ? 0 : -EIO;
}

static int await(const char *path)
{
	double end = now() + 20;

	while (access(path, F_OK) < 0) {
		if (now() > end)
			return -ETIMEDOUT;
		usleep(5000);
	}
	return 0;
}

static int perform(char *rest)
{
	char *op, *first;

	if (strncmp(rest, "read ", 5) == 0)
		return read_file(rest + 5);
	if (strncmp(rest, "load ", 5) == 0)
		return load(rest + 5);
	if (strncmp(rest, "unload ", 7) == 0)
		return result(syscall(SYS_delete_module, rest + 7, O_NONBLOCK));
	op = strsep(&rest, ":");
	first = strsep(&rest, ":");

	if (strcmp(op, "copen") == 0)
		return open_in(first, "/dev/vfio/vfio");
	if (strcmp(op, "gopen") == 0) {
		char path[64];

		snprintf(path, sizeof path, "/dev/vfio/%s", rest ? rest : "");
		return open_in(first, path);
	}
	if (strcmp(op, "gstatus") == 0) {
		struct vfio_group_status status = { .argsz = sizeof status };
		int ret = ioctl(*slot(first), VFIO_GROUP_GET_STATUS, &status);

		return ret < 0 ? -errno : (int)status.flags;
	}
	if (strcmp(op, "setc") == 0)
		return result(ioctl(*slot(first), VFIO_GROUP_SET_CONTAINER, slot(rest)));
	if (strcmp(op, "unsetc") == 0)
		return result(ioctl(*slot(first), VFIO_GROUP_UNSET_CONTAINER));
	if (strcmp(op, "setiommu") == 0)
		return result(ioctl(*slot(first), VFIO_SET_IOMMU, (unsigned long)(rest ? atoi(rest) : 1)));
	if (strcmp(op, "dev") == 0) {
		char *group = strsep(&rest, ":");
		int *fd = slot(first);

		return keep(fd, ioctl(*slot(group), VFIO_GROUP_GET_DEVICE_FD, rest ? rest : ""));
	}
	if (strcmp(op, "close") == 0) {
		int *fd = slot(first), ret = result(close(*fd));

		*fd = -1;
		return ret;
	}
	if (strcmp(op, "sleep") == 0)
		return usleep(first ? 1e6 * atof(first) : 0);
	if (strcmp(op, "touch") == 0) {
		int fd = first ? open(first, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) : -1;

		return fd < 0 ? -errno : close(fd);
	}
	if (strcmp(op, "await") == 0 && first)
		return await(first);
	wrong(op);
}

/* `write PATH VALUE` takes its mark's form: the judge reads `write PATH 'VALUE'`. */
static int operate(const char *text)
{
	char copy[400], said[420];
	int ret;

	if (snprintf(copy, sizeof copy, "%s", text) >= (int)sizeof copy)
		wrong(text);
	snprintf(said, sizeof said, "%s", text);
	if (strncmp(copy, "write ", 6) == 0) {
		char *path = copy + 6, *value = strchr(path, ' ');

		if (value)
			*value++ = 0;
		else
			value = path + strlen(path);
		snprintf(said, sizeof said, "write %s '%s'", path, value);
		mark("USER B %d.%lu %s", getpid(), ++count, said);
		ret = write_file(path, value);
	} else {
		mark("USER B %d.%lu %s", getpid(), ++count, said);
		ret = perform(copy);
	}
	mark(ret < 0 ? "USER E %d.%lu %s ret=%d %s" : "USER E %d.%lu %s ret=%d", getpid(), count, said, ret, ret < 0 ? strerrorname_np(-ret) : "");
	printf(ret < 0 ? "[%8.3f] %d.%lu %s -> %d %s\n" : "[%8.3f] %d.%lu %s -> %d\n", now(), getpid(), count, said, ret, ret < 0 ? strerrorname_np(-ret) : "");
	fflush(stdout);
	return ret;
}

/* What a race left open. */
static void close_all(void)
{
	char op[6 + sizeof slots[0].name] = "close:";
	int i;

	for (i = 0; i < 32 && slots[i].name[0] != 0; i++) {
		strcpy(op + 6, slots[i].name);
		if (slots[i].fd >= 0)
			operate(op);
	}
}

/* ---- races -------------------------------------------------------------- */

/*
 * A file of rounds, one line each:
 *
 *   round NAME                 begins one; what ran before it is over
 *   OP                         done by one task, before the threads begin or after they have ended
 *   | THREAD DELAY OP          done by a thread of the race, the first of each thread DELAY turns of a loop after the start
 *   end                        lets the threads run and waits for them, 30 s at most
 *
 * Each thread is a process of its own, bound to a processor by its number.
 */
struct planned { int thread; long delay; char op[300]; };

struct gate { int here, go; };

static void turn(long turns)
{
	volatile long i;

	for (i = 0; i < turns; i++)
		;
}

static void thread(int number, const struct planned *plan, int length, struct gate *gate)
{
	cpu_set_t set;
	int i, late = 0;

	CPU_ZERO(&set);
	CPU_SET(number % (int)sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof set, &set);
	count = 0;
	__atomic_add_fetch(&gate->here, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&gate->go, __ATOMIC_SEQ_CST))
		if (++late % 1000 == 0)
			sched_yield();
	for (i = 0; i < length; i++) {
		if (plan[i].thread != number)
			continue;
		turn(plan[i].delay);
		operate(plan[i].op);
	}
	close_all();
	_exit(0);
}

/* False when a thread has not ended: it sleeps in the kernel, and nothing can be said of what follows. */
static int race(const struct planned *plan, int length, struct gate *gate)
{
	pid_t pids[8];
	int threads = 0, i, left;
	double end;

	for (i = 0; i < length; i++)
		if (plan[i].thread >= threads)
			threads = plan[i].thread + 1;
	*gate = (struct gate){ 0, 0 };
	fflush(stdout);
	for (i = 0; i < threads; i++)
		if ((pids[i] = fork()) == 0)
			thread(i, plan, length, gate);
	while (__atomic_load_n(&gate->here, __ATOMIC_SEQ_CST) < threads)
		usleep(200);
	__atomic_store_n(&gate->go, 1, __ATOMIC_SEQ_CST);
	for (left = threads, end = now() + 30; left > 0 && now() < end;) {
		if (waitpid(-1, NULL, WNOHANG) > 0)
			left--;
		else
			usleep(500);
	}
	return left == 0;
}

static int rounds(const char *path)
{
	static struct planned plan[64];
	struct gate *gate = mmap(NULL, sizeof *gate, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	FILE *file = fopen(path, "r");
	char line[400];
	int length = 0, at, thread_, ended = 1;
	long delay;

	if (!file || gate == MAP_FAILED)
		wrong(path);
	while (fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = 0;
		if (strncmp(line, "round ", 6) == 0) {
			mark("NOTE %s", line);
			printf("# %s\n", line);
			length = 0;
		} else if (sscanf(line, "| %d %ld %n", &thread_, &delay, &at) == 2) {
			if (length == 64 || thread_ < 0 || thread_ > 7 || strlen(line + at) >= sizeof plan[0].op)
				wrong(line);
			plan[length].thread = thread_;
			plan[length].delay = delay;
			strcpy(plan[length++].op, line + at);
		} else if (strcmp(line, "end") == 0) {
			ended = race(plan, length, gate);
			if (!ended) {
				mark("NOTE stuck");
				printf("LAB stuck\n");
				break;
			}
		} else if (line[0] != 0 && line[0] != '#')
			operate(line);
	}
	return ended ? 0 : 3;
}

/* ---- tests -------------------------------------------------------------- */

/*
 * A file of tests, one line each:
 *
 *   OP                         preparation, done by this process
 *   fresh                      ends every process that has done steps, and so closes what they had open
 *   test TEXT                  one begins
 *   step N.M BY ENDS WAITS CALL | OP
 *                              OP is done by the process BY. With WAITS it does not return before a later step, otherwise it has
 *                              5 s. ENDS calls that waited return during this step.
 *
 * Marks: `dma-ownership test TEXT`, `dma-ownership step N.M BY CALL`, and once the call has returned `dma-ownership done N.M ret=R`.
 */
struct actor { char name[32]; pid_t pid; int to, from; char waiting[16]; };

static struct actor actors[16];

/* Takes one operation a line, and answers each with its result. */
static __attribute__((noreturn)) void serve(int from, int to)
{
	FILE *ops = fdopen(from, "r");
	char line[400];
	int ret;

	count = 0;
	while (fgets(line, sizeof line, ops)) {
		line[strcspn(line, "\n")] = 0;
		ret = operate(line);
		if (write(to, &ret, sizeof ret) != sizeof ret)
			break;
	}
	close_all();
	_exit(0);
}

static struct actor *actor(const char *name)
{
	int i, down[2], up[2];

	for (i = 0; i < 16 && actors[i].pid != 0; i++)
		if (strcmp(actors[i].name, name) == 0)
			return &actors[i];
	if (i == 16 || pipe2(down, O_CLOEXEC) < 0 || pipe2(up, O_CLOEXEC) < 0)
		wrong("more processes than there can be");
	fflush(stdout);
	actors[i] = (struct actor){ .to = down[1], .from = up[0] };
	snprintf(actors[i].name, sizeof actors[i].name, "%s", name);
	actors[i].pid = fork();
	if (actors[i].pid == 0) {
		int other;

		/* The pipes of those that were here before would keep them from ending. */
		for (other = 0; other <= i; other++) {
			close(actors[other].to);
			close(actors[other].from);
		}
		serve(down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	return &actors[i];
}

static void said(const char *number, int ret)
{
	mark("dma-ownership done %s ret=%d", number, ret);
	printf("done %s %d\n", number, ret);
	fflush(stdout);
}

/* Takes the answer of an actor, if it comes in time. */
static int answered(struct actor *one, int milliseconds)
{
	struct pollfd ready = { .fd = one->from, .events = POLLIN };
	int ret;

	if (poll(&ready, 1, milliseconds) <= 0 || read(one->from, &ret, sizeof ret) != sizeof ret)
		return 0;
	said(one->waiting, ret);
	one->waiting[0] = 0;
	return 1;
}

static void fresh(void)
{
	int i;

	for (i = 0; i < 16 && actors[i].pid != 0; i++)
		close(actors[i].to);
	for (i = 0; i < 16 && actors[i].pid != 0; i++) {
		if (actors[i].waiting[0] != 0)
			answered(&actors[i], 2000);
		/* One that sleeps in the kernel is left to it. */
		if (actors[i].waiting[0] == 0)
			waitpid(actors[i].pid, NULL, 0);
		close(actors[i].from);
		actors[i].pid = 0;
	}
}

static void step(char *rest)
{
	char *number = strsep(&rest, " "), *by = strsep(&rest, " "), *ends = strsep(&rest, " "), *waits = strsep(&rest, " ");
	char *op = rest ? strstr(rest, " | ") : NULL;
	struct actor *one;
	int left, i;
	double end;

	if (!op || strlen(number) >= sizeof actors[0].waiting)
		wrong(number);
	*op = 0;
	op += 3;
	one = actor(by);
	mark("dma-ownership step %s %s %s", number, by, rest);
	printf("step %s %s %s\n", number, by, rest);
	fflush(stdout);
	if (one->waiting[0] != 0) {
		printf("busy %s\n", number);
		return;
	}
	strcpy(one->waiting, number);
	if (dprintf(one->to, "%s\n", op) < 0)
		wrong(op);
	if (!answered(one, atoi(waits) ? 400 : 5000))
		printf("waits %s\n", number);
	for (left = atoi(ends), end = now() + 5; left > 0 && now() < end;)
		for (i = 0; i < 16 && actors[i].pid != 0; i++)
			if (actors[i].waiting[0] != 0 && &actors[i] != one)
				left -= answered(&actors[i], 50);
	/* Somebody may have been let go whom the plan does not expect yet. */
	for (i = 0; i < 16 && actors[i].pid != 0; i++)
		if (actors[i].waiting[0] != 0)
			answered(&actors[i], 0);
}

static int plan(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[600];

	if (!file)
		wrong(path);
	while (fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = 0;
		if (strncmp(line, "step ", 5) == 0)
			step(line + 5);
		else if (strcmp(line, "fresh") == 0)
			fresh();
		else if (strncmp(line, "test ", 5) == 0) {
			mark("dma-ownership %s", line);
			printf("%s\n", line);
		} else if (line[0] != 0 && line[0] != '#')
			operate(line);
	}
	fresh();
	return 0;
}

/* ---- who is where ------------------------------------------------------- */

static const char *attribute(const char *device, const char *name, char *text, size_t size)
{
	char path[300];
	ssize_t length;
	int fd;

	snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%s", device, name);
	length = readlink(path, text, size - 1);
	if (length >= 0) {
		text[length] = 0;
		return strrchr(text, '/') ? strrchr(text, '/') + 1 : text;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return "-";
	text[length] = 0;
	text[strcspn(text, "\n")] = 0;
	return text;
}

static int state(void)
{
	char group[256], driver[256], override[256];
	struct dirent **entries;
	int i, n = scandir("/sys/bus/pci/devices", &entries, NULL, alphasort);

	for (i = 0; i < n; i++)
		if (entries[i]->d_name[0] != '.')
			printf("  %s group=%s driver=%s override=%s\n", entries[i]->d_name,
			       attribute(entries[i]->d_name, "iommu_group", group, sizeof group),
			       attribute(entries[i]->d_name, "driver", driver, sizeof driver),
			       attribute(entries[i]->d_name, "driver_override", override, sizeof override));
	return 0;
}

int main(int argc, char **argv)
{
	int i, failed = 0;

	marker = open("/sys/kernel/tracing/trace_marker", O_WRONLY | O_CLOEXEC);
	if (argc == 2 && strcmp(argv[1], "state") == 0)
		return state();
	if (argc == 3 && strcmp(argv[1], "rounds") == 0)
		return rounds(argv[2]);
	if (argc == 3 && strcmp(argv[1], "plan") == 0)
		return plan(argv[2]);
	if (argc >= 3 && strcmp(argv[1], "note") == 0) {
		mark("NOTE %s", argv[2]);
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "w") == 0) {
		char op[400];

		if (snprintf(op, sizeof op, "write %s %s", argv[2], argv[3]) >= (int)sizeof op)
			wrong(argv[3]);
		return operate(op) < 0;
	}
	if (argc < 3 || strcmp(argv[1], "do") != 0)
		wrong(argc > 1 ? argv[1] : "no command");
	for (i = 2; i < argc; i++)
		failed |= operate(argv[i]) < 0;
	return failed;
}
