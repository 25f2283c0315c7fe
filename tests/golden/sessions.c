/*
 * sessions.c - writes the made-up sessions of session_fixture.h to a file, for golden reports.
 *
 *   usage: sessions FILE
 */
#include "session_fixture.h"

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: sessions FILE\n");
		return 2;
	}
	session_fixture_write(argv[1]);
	return 0;
}
