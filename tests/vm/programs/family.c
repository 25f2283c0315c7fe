/*
 * family.c - four children and eight threads, each with a known number of instructions.
 *
 *   main ─┬─► thread-1 … thread-8     (n + 1) * 1 million instructions
 *         └─► child-1 … child-4       (n + 1) * 1.5 million instructions, in processes
 *
 * They all end before the program does. Prints a line for each, by the name its thread has. Linked
 * statically, as what a dynamic loader does would be a thousandth of it.
 * build-flags: -static */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exact.h"

enum { THREADS = 8, CHILDREN = 4, THREAD_ROUNDS = 500000, CHILD_ROUNDS = 750000 };

static void name_myself(const char *kind, int number)
{
	char name[16];

	snprintf(name, sizeof(name), "%s-%d", kind, number);
	prctl(PR_SET_NAME, name, 0, 0, 0);
}

static PHASE void in_thread(int number)
{
	COUNT_DOWN((uint64_t)(number + 1) * THREAD_ROUNDS);
}

static PHASE void in_child(int number)
{
	COUNT_DOWN((uint64_t)(number + 1) * CHILD_ROUNDS);
}

static void *run_thread(void *argument)
{
	const int number = *(int *)argument;

	name_myself("thread", number);
	in_thread(number);
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	for (int i = 1; i <= THREADS; i++)
		printf("thread-%d %d\n", i, 2 * (i + 1) * THREAD_ROUNDS);
	for (int i = 1; i <= CHILDREN; i++)
		printf("child-%d %d\n", i, 2 * (i + 1) * CHILD_ROUNDS);
	fflush(stdout);
	for (int i = 1; i <= CHILDREN; i++) {
		const pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (pid > 0)
			continue;
		name_myself("child", i);
		in_child(i);
		_exit(0);
	}
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i + 1;
		if (pthread_create(&threads[i], NULL, run_thread, &numbers[i]))
			return 1;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	while (wait(NULL) > 0)
		continue;
	return 0;
}
