/*
 * unwound.c - runs a scenario of unwound.h and writes what it knows: struct unwound, then
 * /proc/self/maps.
 *
 * usage: unwound SCENARIO
 *
 * build-flags: -O2 -fomit-frame-pointer */
#include "unwound.h"

static int tell(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	fwrite(&unwound, sizeof(unwound), 1, stdout);
	while (maps && fgets(line, sizeof(line), maps))
		fputs(line, stdout);
	return fflush(stdout);
}

int main(int argc, char **argv)
{
	for (int i = 0; i < UNWOUND_SCENARIOS; i++) {
		if (argc != 2 || strcmp(argv[1], unwound_scenarios[i].name))
			continue;
		unwound_sink += unwound_run(&unwound_scenarios[i]);
		return tell();
	}
	fprintf(stderr, "usage: %s SCENARIO\n", argv[0]);
	return 2;
}
