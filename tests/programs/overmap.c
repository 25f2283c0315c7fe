/*
 * overmap.c - runs code of one file, maps another file over it without unmapping the first, and
 * runs that.
 *
 *   one.code   1 part       Both files hold the same bytes: the code of spin_here, which calls
 *   two.code   2 parts      nothing and may so lie anywhere. They are made in the current folder.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "spin.h"

#define PART 0.2

/* A section of its own, which the linker gives a start and an end. */
static __attribute__((noinline, section("movable"))) uint64_t spin_here(uint64_t value,
									uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		value ^= value >> 29;
	}
	return value;
}

extern const char __start_movable[], __stop_movable[];

typedef uint64_t work_fn(uint64_t value, uint64_t steps);

/* Makes a file of the function and maps it, at `place` where that is not NULL. */
static void *map_code(const char *path, void *place)
{
	const size_t size = (size_t)(__stop_movable - __start_movable);
	const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	void *map = MAP_FAILED;

	if (fd >= 0 && write(fd, __start_movable, size) == (ssize_t)size)
		map = mmap(place, size, PROT_READ | PROT_EXEC,
			   MAP_PRIVATE | (place ? MAP_FIXED : 0), fd, 0);
	if (fd >= 0)
		close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static int run_code(void *map, double seconds)
{
	union { work_fn *work; uintptr_t address; } here = { spin_here }, there;

	if (!map)
		return 1;
	there.address = (uintptr_t)map + (here.address - (uintptr_t)__start_movable);
	spin_for(seconds, there.work);
	return 0;
}

int main(void)
{
	void *place = map_code("one.code", NULL);

	return run_code(place, PART) || run_code(map_code("two.code", place), 2 * PART);
}
