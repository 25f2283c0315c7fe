/*
 * machine.c - what this machine is called and what its files in /proc and /sys say.
 *
 * Not here: judging what that means for sampling (machine_check.c), or for an event (event_*.c).
 * Nothing is cached: values may change under us, and each is read a few times in a run.
 */
#include "collector/machine.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "collector/collector.h"

bool machine_read_text(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	bool ok;

	if (size)
		text[0] = '\0';
	if (!file)
		return false;
	ok = size > 0 && size <= INT_MAX && fgets(text, (int)size, file);
	fclose(file);
	if (ok)
		for (size_t len = strlen(text); len && strchr(" \t\r\n", text[len - 1]); len--)
			text[len - 1] = '\0';
	return ok;
}

bool machine_read_number(const char *path, long long *value)
{
	char text[64], *end;
	long long seen;

	if (!machine_read_text(path, text, sizeof(text)))
		return false;
	errno = 0;
	seen = strtoll(text, &end, 10);
	if (end == text || errno)
		return false;
	*value = seen;
	return true;
}

bool machine_has_capability(unsigned cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (cap >= 32 * _LINUX_CAPABILITY_U32S_3 || syscall(SYS_capget, &header, data))
		return false;
	return data[cap / 32].effective >> (cap % 32) & 1;
}

int pmc_machine_paranoid(void)
{
	long long value;

	if (!machine_read_number("/proc/sys/kernel/perf_event_paranoid", &value))
		return INT_MIN;
	return value < -1000 ? -1000 : value > 1000 ? 1000 : (int)value;
}

/* The value behind "key : " on a line of /proc/cpuinfo, or NULL. */
static const char *match_key(const char *line, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len))
		return NULL;
	line += len + strspn(line + len, " \t");
	return *line == ':' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

void pmc_machine_cpu_name(char *text, size_t size)
{
	/* x86 and most; s390; PowerPC; old ARM. arm64 has numbers only and ends up with its name.
	 */
	static const char *const keys[] = { "model name", "cpu model", "cpu", "Processor" };
	struct utsname name;
	char line[512];
	FILE *file;

	if (!size)
		return;
	text[0] = '\0';
	file = fopen("/proc/cpuinfo", "re");
	while (file && !text[0] && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < PMC_COUNT(keys) && !text[0]; i++) {
			const char *value = match_key(line, keys[i]);

			if (value)
				snprintf(text, size, "%s", value);
		}
	}
	if (file)
		fclose(file);
	if (!text[0])
		snprintf(text, size, "%s", uname(&name) ? "unknown CPU" : name.machine);
}
