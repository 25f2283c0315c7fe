/*
 * command.c - see command.h.
 */
#include "collector/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

/* The child's half: waits, becomes the program or tells why not. */
static void __attribute__((noreturn))
run_child(char *const *argv, int go_fd, int errno_fd, void (*on_child)(int))
{
	char go;
	int failed;

	signal(SIGPIPE, SIG_DFL); /* ignored by pmc for itself; handlers end with the exec anyway */
	if (on_child == SIG_IGN)
		signal(SIGCHLD, SIG_IGN); /* as pmc was started, so is the command */
	if (read(go_fd, &go, 1) != 1)
		_exit(1); /* the recorder gave up */
	execvp(argv[0], argv);
	failed = errno;
	while (write(errno_fd, &failed, sizeof(failed)) < 0 && errno == EINTR)
		;
	_exit(127);
}

static int exec_error(const char *name, int failed, struct pmc_err *err)
{
	if (failed == ENOENT) {
		pmc_err_set(err, PMC_ERR_NOT_FOUND, "%s: command not found", name);
		return strchr(name, '/')
			       ? pmc_err_hint(
					 err,
					 "there is no such file, or its interpreter is missing")
			       : pmc_err_hint(err,
					      "it is in no folder of PATH; a program in this "
					      "folder is ./%s",
					      name);
	}
	pmc_err_set(err, PMC_ERR_NOT_EXECUTABLE, "%s: cannot be executed: %s", name,
		    strerror(failed));
	if (failed == EACCES)
		pmc_err_hint(err, "is it a program, with its x bit set (chmod +x), on a file "
				  "system not mounted noexec?");
	if (failed == ENOEXEC)
		pmc_err_hint(err, "a script needs a first line such as #!/bin/sh; a binary must be "
				  "of this machine's architecture");
	return -1;
}

/* What execvp() would say of the file, without running it: 0 or its errno. */
static int check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return access(path, X_OK) ? errno : 0;
}

/* Looks the command up as execvp() does, so that a mistyped name fails before anything is made. */
static int check_command(const char *name)
{
	const char *path = getenv("PATH");
	int result = ENOENT;

	if (strchr(name, '/'))
		return check_file(name);
	for (const char *at = path ? path : "/bin:/usr/bin"; *name;) {
		const size_t len = strcspn(at, ":");
		PMC_FREE char *file =
			pmc_sprintf("%.*s/%s", (int)(len ? len : 1), len ? at : ".", name);
		const int failed = check_file(file);

		if (!failed)
			return 0;
		/* Not for a folder that may not be searched: who knows what is in it. */
		if (failed == EACCES && !access(file, F_OK))
			result = EACCES;
		if (!at[len])
			break;
		at += len + 1;
	}
	return result;
}

int command_prepare(struct command *command, char *const *argv, struct pmc_err *err)
{
	const int refused = check_command(argv[0]);
	void (*on_child)(int);
	int go[2], outcome[2];

	*command = (struct command){ .go_fd = -1, .errno_fd = -1, .pidfd = -1 };
	if (refused)
		return exec_error(argv[0], refused, err);
	if (pipe2(go, O_CLOEXEC))
		return pmc_err_errno(err, errno, "cannot make a pipe to the command");
	if (pipe2(outcome, O_CLOEXEC)) {
		pmc_err_errno(err, errno, "cannot make a pipe from the command");
		close(go[0]);
		close(go[1]);
		return -1;
	}
	/* Where pmc was started with SIGCHLD ignored, the kernel would throw the status away. */
	on_child = signal(SIGCHLD, SIG_DFL);
	command->pid = fork();
	if (command->pid == 0) {
		close(go[1]);
		close(outcome[0]);
		run_child(argv, go[0], outcome[1], on_child);
	}
	close(go[0]);
	close(outcome[1]);
	command->go_fd = go[1];
	command->errno_fd = outcome[0];
	if (command->pid < 0) {
		command->pid = 0;
		pmc_err_errno(err, errno, "cannot start a process for the command");
		command_fini(command);
		return -1;
	}
#ifdef SYS_pidfd_open
	command->pidfd = (int)syscall(SYS_pidfd_open, command->pid, 0);
#endif
	return 0;
}

static void reap(struct command *command)
{
	while (!command->reaped) {
		if (waitpid(command->pid, &command->status, 0) == command->pid || errno != EINTR)
			command->reaped = true;
	}
}

int command_release(struct command *command, const char *name, struct pmc_err *err)
{
	int failed = 0;
	ssize_t got;

	if (write(command->go_fd, "g", 1) != 1)
		return pmc_err_errno(err, errno, "the held command %s is gone", name);
	close(command->go_fd);
	command->go_fd = -1;
	do {
		got = read(command->errno_fd, &failed, sizeof(failed));
	} while (got < 0 && errno == EINTR);
	if (got != sizeof(failed))
		return 0;
	reap(command);
	return exec_error(name, failed, err);
}

bool command_ended(struct command *command)
{
	pid_t got;

	if (command->reaped)
		return true;
	got = waitpid(command->pid, &command->status, WNOHANG);
	/* ECHILD: somebody else has taken its status; it has ended all the same. */
	command->reaped = got == command->pid || (got < 0 && errno == ECHILD);
	return command->reaped;
}

int command_exit_status(const struct command *command)
{
	if (!command->reaped)
		return 0;
	return WIFSIGNALED(command->status) ? 128 + WTERMSIG(command->status)
					    : WEXITSTATUS(command->status);
}

void command_fini(struct command *command)
{
	if (command->go_fd >= 0) { /* never released: it reads end of file and leaves */
		close(command->go_fd);
		if (command->pid)
			reap(command);
	}
	if (command->errno_fd >= 0)
		close(command->errno_fd);
	if (command->pidfd >= 0)
		close(command->pidfd);
	*command = (struct command){ .go_fd = -1, .errno_fd = -1, .pidfd = -1 };
}

char *command_quote(char *const *argv)
{
	static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-+=./:,@%^";
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; out && argv[i]; i++) {
		const char *word = argv[i];

		if (i)
			fputc(' ', out);
		if (*word && strspn(word, PLAIN) == strlen(word)) {
			fputs(word, out);
			continue;
		}
		fputc('\'', out);
		for (; *word; word++)
			if (*word == '\'')
				fputs("'\\''", out);
			else
				fputc(*word, out);
		fputc('\'', out);
	}
	if (!out || fclose(out))
		return pmc_strdup(argv[0]);
	return text;
}
