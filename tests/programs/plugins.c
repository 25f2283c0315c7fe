/*
 * plugins.c - works in one library, closes it, and works in another, which is then likely to be
 * mapped at the same place.
 *
 *   ONE: plugin_work ─► work_of_one   1 part
 *   TWO: plugin_work ─► work_of_two   2 parts
 *
 * Prints "same place" or "other place".
 * usage: plugins ONE TWO
 */
#include <dlfcn.h>
#include <stdio.h>

#include "spin.h"

#define PART 0.2

typedef uint64_t work_fn(uint64_t value, uint64_t steps);

/* Works in a library; returns where its function was, NULL where it could not be loaded. */
static HOT void *work_in(const char *path, double seconds)
{
	void *library = dlopen(path, RTLD_NOW);
	void *address = library ? dlsym(library, "plugin_work") : NULL;
	union { void *address; work_fn *work; } found = { address };

	if (!address) {
		fprintf(stderr, "%s\n", dlerror());
		return NULL;
	}
	spin_for(seconds, found.work);
	dlclose(library);
	return address;
}

int main(int argc, char **argv)
{
	void *one, *two;

	if (argc < 3)
		return 2;
	one = work_in(argv[1], PART);
	two = work_in(argv[2], 2 * PART);
	if (!one || !two)
		return 1;
	puts(one == two ? "same place" : "other place");
	return 0;
}
