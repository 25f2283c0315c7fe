/*
 * demo.c - a small program to be profiled: it draws frames for some seconds.
 *
 *   main ─► render_frame ─► filter_frame ─┬─► blur_frame       5 parts of the work
 *                                         ├─► sharpen_frame    3
 *                                         ├─► count_colours    2
 *                                         └─► checksum_frame   1, all of it in mix_pixel (inlined)
 *
 * Each part is the same loop over a chain of dependent steps, so that parts are also times.
 * usage: demo [SECONDS]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PART = 100000 };	/* steps: some tenths of a millisecond */

#define HOT __attribute__((noinline))

static HOT uint64_t blur_frame(uint64_t pixel)
{
	for (int i = 0; i < 5 * PART; i++) {
		pixel = pixel * 6364136223846793005ULL + 1442695040888963407ULL;
		pixel ^= pixel >> 29;
	}
	return pixel;
}

static HOT uint64_t sharpen_frame(uint64_t pixel)
{
	for (int i = 0; i < 3 * PART; i++) {
		pixel = pixel * 3935559000370003845ULL + 2691343689449507681ULL;
		pixel ^= pixel >> 31;
	}
	return pixel;
}

static HOT uint64_t count_colours(uint64_t pixel)
{
	for (int i = 0; i < 2 * PART; i++) {
		pixel = pixel * 2862933555777941757ULL + 3037000493ULL;
		pixel ^= pixel >> 27;
	}
	return pixel;
}

static inline __attribute__((always_inline)) uint64_t mix_pixel(uint64_t pixel)
{
	pixel = pixel * 3202034522624059733ULL + 4354685564936845319ULL;
	return pixel ^ pixel >> 33;
}

static HOT uint64_t checksum_frame(uint64_t pixel)
{
	for (int i = 0; i < PART; i++)
		pixel = mix_pixel(pixel);
	return pixel;
}

static HOT uint64_t filter_frame(uint64_t pixel)
{
	pixel = blur_frame(pixel);
	pixel = sharpen_frame(pixel);
	pixel = count_colours(pixel);
	return checksum_frame(pixel) + 1;
}

static HOT uint64_t render_frame(uint64_t frame)
{
	return filter_frame(frame) + 1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	const double seconds = argc > 1 ? atof(argv[1]) : 3;
	const double end = now() + seconds;
	uint64_t sum = 0, frames = 0;

	while (now() < end)
		sum += render_frame(++frames);
	printf("demo: %llu frames, checksum %016llx\n", (unsigned long long)frames,
	       (unsigned long long)sum);
	return 0;
}
