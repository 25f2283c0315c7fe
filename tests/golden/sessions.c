/*
 * sessions.c - writes the made-up sessions of session_fixture.h to a file, for golden reports;
 * those of count_fixture.h behind them where asked.
 *
 *   usage: sessions FILE [counts]
 */
#include "count_fixture.h"

int main(int argc, char **argv)
{
	const bool counts = argc == 3 && !strcmp(argv[2], "counts");

	if (argc != 2 && !counts) {
		fprintf(stderr, "usage: sessions FILE [counts]\n");
		return 2;
	}
	session_fixture_write(argv[1]);
	if (counts)
		count_fixture_write(argv[1]);
	return 0;
}
