/*
 * timed.c - runs a command and writes what it alone cost into a file.
 *
 * Job: fork, exec, wait4; one line "wall_ns cpu_ns max_rss_kb" of the command with all its
 * children. Put between a recorder and a program, it tells the program's time without the
 * recorder's; around a recorder, the recorder's memory: it is small itself, and the kernel
 * counts the memory of who forks to the peak of the child.
 *
 * usage: timed FILE COMMAND [ARG...]      exit status: the command's, 128 + N for a signal N
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t child;

static void pass_on(int signal)
{
	if (child > 0)
		kill((pid_t)child, signal);
}

static uint64_t timeval_ns(struct timeval tv)
{
	return (uint64_t)tv.tv_sec * 1000000000ULL + (uint64_t)tv.tv_usec * 1000;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

int main(int argc, char **argv)
{
	const uint64_t start = now_ns();
	struct rusage usage;
	int status;
	FILE *file;

	if (argc < 3) {
		fprintf(stderr, "usage: timed FILE COMMAND [ARG...]\n");
		return 2;
	}
	signal(SIGINT, pass_on);
	signal(SIGTERM, pass_on);
	child = fork();
	if (child == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	while (wait4((pid_t)child, &status, 0, &usage) < 0)
		;
	file = fopen(argv[1], "w");
	if (!file) {
		perror(argv[1]);
		return 1;
	}
	fprintf(file, "%llu %llu %ld\n", (unsigned long long)(now_ns() - start),
		(unsigned long long)(timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime)),
		usage.ru_maxrss);
	fclose(file);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
