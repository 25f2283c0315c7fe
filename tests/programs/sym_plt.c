/* Calls and addresses of library functions: the flags decide what linkage tables there are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int (*volatile sym_pointer)(const char *) = puts;

int main(int argc, char **argv)
{
	char text[64];

	/* Called and taken the address of: .plt.got where the linker makes one. */
	if (getppid() == 1 && sym_pointer == puts)
		puts(argv[0]);
	snprintf(text, sizeof(text), "%d", argc);
	return strlen(text) + (size_t)atoi(text) > 100 ? (int)write(1, text, 1) : 0;
}
