/*
 * test_command.c - commands that are held, let go, end, fail or never were; and their text.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "collector/command.h"

static char folder[256], old_path[4096];

static char *in_folder(const char *name)
{
	return pmc_sprintf("%s/%s", folder, name);
}

static void write_file(const char *name, const char *content, mode_t mode)
{
	PMC_FREE char *path = in_folder(name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(content, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int begin(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%.200s/pmc-command-XXXXXX", tmp ? tmp : "/tmp");
	snprintf(old_path, sizeof(old_path), "%s",
		 getenv("PATH") ? getenv("PATH") : "/bin:/usr/bin");
	if (!mkdtemp(folder))
		return -1;
	write_file("plain", "no program\n", 0644);
	write_file("script", "#!/bin/sh\nexit 5\n", 0755);
	write_file("lost", "#!/nowhere/interpreter\n", 0755);
	return 0;
}

static int end(void **state)
{
	static const char *const names[] = { "plain", "script", "lost" };

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(names); i++) {
		PMC_FREE char *path = in_folder(names[i]);

		unlink(path);
	}
	return rmdir(folder);
}

static void restore_path(void)
{
	setenv("PATH", old_path, 1);
}

static void wait_for_end(struct command *command)
{
	struct pollfd ends = { .fd = command->pidfd, .events = POLLIN };

	while (!command_ended(command))
		poll(&ends, command->pidfd >= 0, command->pidfd >= 0 ? -1 : 10);
}

/* Runs it to its end; returns the status a shell would give, or -1. */
static int run(char *const *argv, struct pmc_err *err)
{
	struct command command;
	int status = -1;

	if (!command_prepare(&command, argv, err) && !command_release(&command, argv[0], err)) {
		wait_for_end(&command);
		status = command_exit_status(&command);
	}
	command_fini(&command);
	return status;
}

static int run_shell(const char *script)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	struct pmc_err err = { 0 };
	const int status = run(argv, &err);

	assert_false(pmc_err_is_set(&err));
	return status;
}

static void statuses(void **state)
{
	static const struct {
		const char *script;
		int status;
	} cases[] = {
		{ "exit 0", 0 },	    { "exit 7", 7 },
		{ "exit 255", 255 },	    { "kill -KILL $$", 128 + SIGKILL },
		{ "kill -TERM $$", 143 },   { "exec /bin/true", 0 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++)
		assert_int_equal(run_shell(cases[i].script), cases[i].status);
}

/* pmc ignores SIGPIPE for itself; its command must not. */
static void the_command_gets_its_pipe_signal_back(void **state)
{
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);

	(void)state;
	assert_int_equal(run_shell("kill -PIPE $$; exit 3"), 128 + SIGPIPE);
	signal(SIGPIPE, old);
}

static void it_is_held_until_released(void **state)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)"exit 4", NULL };
	struct command command;
	struct pmc_err err = { 0 };
	char path[64], ours[4096], theirs[4096];
	ssize_t ours_len, theirs_len;

	(void)state;
	assert_int_equal(command_prepare(&command, argv, &err), 0);
	assert_true(command.pid > 0);
	assert_false(command_ended(&command));
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)command.pid);
	ours_len = readlink("/proc/self/exe", ours, sizeof(ours));
	theirs_len = readlink(path, theirs, sizeof(theirs));
	assert_true(ours_len > 0);
	assert_int_equal(ours_len, theirs_len);
	assert_memory_equal(ours, theirs, (size_t)ours_len);	/* no exec yet */
	assert_int_equal(command_exit_status(&command), 0);
	assert_int_equal(command_release(&command, argv[0], &err), 0);
	assert_int_equal(command.go_fd, -1);
	wait_for_end(&command);
	assert_true(command_ended(&command));
	assert_int_equal(command_exit_status(&command), 4);
	command_fini(&command);
}

/* Counters could not be opened, say: the held child leaves without having run. */
static void a_command_that_is_never_released(void **state)
{
	PMC_FREE char *trace = in_folder("trace");
	PMC_FREE char *script = pmc_sprintf("echo ran > '%s'", trace);
	char *const argv[] = { (char *)"sh", (char *)"-c", script, NULL };
	struct command command;
	struct pmc_err err = { 0 };
	pid_t pid;

	(void)state;
	assert_int_equal(command_prepare(&command, argv, &err), 0);
	pid = command.pid;
	command_fini(&command);
	assert_int_equal(command.pid, 0);
	assert_int_equal(kill(pid, 0), -1);		/* reaped, not a zombie */
	assert_int_equal(errno, ESRCH);
	assert_int_equal(access(trace, F_OK), -1);
	command_fini(&command);
}

/* The held child is killed by somebody else: an error, not a signal for us. */
static void the_held_child_is_killed(void **state)
{
	char *const argv[] = { (char *)"true", NULL };
	struct command command;
	struct pmc_err err = { 0 };
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);

	(void)state;
	assert_int_equal(command_prepare(&command, argv, &err), 0);
	kill(command.pid, SIGKILL);
	wait_for_end(&command);
	assert_int_equal(command_release(&command, argv[0], &err), -1);
	assert_int_equal(err.kind, PMC_ERR_SYSTEM);
	assert_non_null(strstr(err.message, "true"));
	command_fini(&command);
	signal(SIGPIPE, old);
}

/* The program must not hold our pipes open: a lost end of file would hold us up. */
static void descriptors_are_ours(void **state)
{
	char *const argv[] = { (char *)"cat", NULL };
	struct command command;
	struct pmc_err err = { 0 };

	(void)state;
	assert_int_equal(command_prepare(&command, argv, &err), 0);
	assert_true(fcntl(command.go_fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(command.errno_fd, F_GETFD) & FD_CLOEXEC);
	command_fini(&command);
}

static void commands_that_cannot_run(void **state)
{
	const struct {
		const char *name;	/* '@': in the folder */
		const char *path;
		enum pmc_err_kind kind;
		const char *in_message, *in_hint;
	} cases[] = {
		{ "no-such-command-here", NULL, PMC_ERR_NOT_FOUND,
		  "no-such-command-here: command not found", "PATH" },
		{ "", NULL, PMC_ERR_NOT_FOUND, "not found", "" },
		{ "@missing", NULL, PMC_ERR_NOT_FOUND, "not found", "no such file" },
		{ "/dev/null/x", NULL, PMC_ERR_NOT_EXECUTABLE, "cannot be executed", "" },
		{ "@", NULL, PMC_ERR_NOT_EXECUTABLE, "cannot be executed", "" },
		{ "/tmp", NULL, PMC_ERR_NOT_EXECUTABLE, "cannot be executed", "" },
		{ "@plain", NULL, PMC_ERR_NOT_EXECUTABLE, "cannot be executed", "chmod +x" },
		{ "plain", folder, PMC_ERR_NOT_EXECUTABLE, "cannot be executed", "chmod +x" },
		{ "@lost", NULL, PMC_ERR_NOT_FOUND, "not found", "interpreter" },
		{ "sh", "/nowhere", PMC_ERR_NOT_FOUND, "sh: command not found", "PATH" },
		{ "sh", "", PMC_ERR_NOT_FOUND, "sh: command not found", "PATH" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		PMC_FREE char *name = cases[i].name[0] == '@' ? in_folder(cases[i].name + 1) :
								pmc_strdup(cases[i].name);
		char *const argv[] = { name, NULL };
		struct pmc_err err = { 0 };
		int status;

		if (cases[i].path)
			setenv("PATH", cases[i].path, 1);
		status = run(argv, &err);
		restore_path();
		if (status != -1 || err.kind != cases[i].kind ||
		    !strstr(err.message, cases[i].in_message) ||
		    !strstr(err.hint, cases[i].in_hint))
			fail_msg("%s: status %d, kind %d, %s (%s)", name, status, (int)err.kind,
				 err.message, err.hint);
	}
}

/* A file that cannot be executed does not hide one that can, further on in PATH. */
static void the_path_is_searched_to_its_end(void **state)
{
	char *const argv[] = { (char *)"script", NULL };
	char *const shell[] = { (char *)"sh", (char *)"-c", (char *)"exit 6", NULL };
	PMC_FREE char *other = in_folder("other"), *hidden = in_folder("other/script");
	PMC_FREE char *path = pmc_sprintf("/nowhere:%s:%s:%s", other, folder, old_path);
	struct pmc_err err = { 0 };
	struct statvfs fs;
	int status;

	(void)state;
	if (statvfs(folder, &fs) || fs.f_flag & ST_NOEXEC)
		skip();
	assert_int_equal(mkdir(other, 0755), 0);
	write_file("other/script", "#!/bin/sh\nexit 1\n", 0644);
	setenv("PATH", path, 1);
	status = run(argv, &err);
	restore_path();
	unlink(hidden);
	rmdir(other);
	assert_int_equal(status, 5);
	unsetenv("PATH");				/* then /bin and /usr/bin */
	status = run(shell, &err);
	restore_path();
	assert_int_equal(status, 6);
}

/* A mistyped name is not found, whatever folders in PATH are closed to us. */
static void folders_that_may_not_be_searched(void **state)
{
	PMC_FREE char *closed = in_folder("closed");
	char *const argv[] = { (char *)"no-such-command-here", NULL };
	const uid_t uid = geteuid();
	struct pmc_err err = { 0 };
	int status;

	(void)state;
	assert_int_equal(mkdir(closed, 0), 0);
	setenv("PATH", closed, 1);
	if (!uid)
		assert_int_equal(seteuid(65534), 0);	/* root may search any folder */
	status = run(argv, &err);
	assert_int_equal(seteuid(uid), 0);
	restore_path();
	rmdir(closed);
	assert_int_equal(status, -1);
	assert_int_equal(err.kind, PMC_ERR_NOT_FOUND);
}

static void an_empty_path_entry_is_this_folder(void **state)
{
	char *const argv[] = { (char *)"script", NULL };
	PMC_FREE char *path = pmc_sprintf("/nowhere::%s", old_path);
	PMC_FREE char *here = getcwd(NULL, 0);
	struct pmc_err err = { 0 };
	struct statvfs fs;
	int status;

	(void)state;
	if (statvfs(folder, &fs) || fs.f_flag & ST_NOEXEC)
		skip();
	assert_int_equal(chdir(folder), 0);
	setenv("PATH", path, 1);
	status = run(argv, &err);
	restore_path();
	assert_int_equal(chdir(here), 0);
	assert_int_equal(status, 5);
}

static void quoting(void **state)
{
	static const struct {
		const char *argv[5];
		const char *expected;
	} cases[] = {
		{ { "ls" }, "ls" },
		{ { "ls", "-l", "/tmp/a_b", NULL }, "ls -l /tmp/a_b" },
		{ { "sh", "-c", "echo hi | cat" }, "sh -c 'echo hi | cat'" },
		{ { "echo", "" }, "echo ''" },
		{ { "echo", "it's", "'" }, "echo 'it'\\''s' ''\\'''" },
		{ { "a b", "$HOME", "`x`", "*" }, "'a b' '$HOME' '`x`' '*'" },
		{ { "echo", "a\nb", "tab\t" }, "echo 'a\nb' 'tab\t'" },
		{ { "x", "~", "#c", "a;b" }, "x '~' '#c' 'a;b'" },
		{ { "x", "\xc3\xa9t\xc3\xa9", "\xff" }, "x '\xc3\xa9t\xc3\xa9' '\xff'" },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		PMC_FREE char *text = command_quote((char *const *)(uintptr_t)cases[i].argv);

		assert_string_equal(text, cases[i].expected);
	}
}

/* What was quoted means the same to a shell. */
static void a_shell_reads_quotes_back(void **state)
{
	char *const words[] = { (char *)"printf", (char *)"%s|", (char *)"a b", (char *)"it's",
				(char *)"", (char *)"$(x)\n\\", (char *)"*", NULL };
	PMC_FREE char *text = command_quote(words);
	PMC_FREE char *script = pmc_sprintf("exec 2>&1; %s", text);
	FILE *shell = popen(script, "r");
	char seen[256] = { 0 };

	(void)state;
	assert_non_null(shell);
	assert_true(fread(seen, 1, sizeof(seen) - 1, shell) > 0);
	assert_int_equal(pclose(shell), 0);
	assert_string_equal(seen, "a b|it's||$(x)\n\\|*|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses),
		cmocka_unit_test(the_command_gets_its_pipe_signal_back),
		cmocka_unit_test(it_is_held_until_released),
		cmocka_unit_test(a_command_that_is_never_released),
		cmocka_unit_test(the_held_child_is_killed),
		cmocka_unit_test(descriptors_are_ours),
		cmocka_unit_test(commands_that_cannot_run),
		cmocka_unit_test(the_path_is_searched_to_its_end),
		cmocka_unit_test(folders_that_may_not_be_searched),
		cmocka_unit_test(an_empty_path_entry_is_this_folder),
		cmocka_unit_test(quoting),
		cmocka_unit_test(a_shell_reads_quotes_back),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
