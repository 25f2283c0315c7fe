/* test_module_file.c - the file that was mapped: replaced, deleted, renamed, or never a program. */
#include <signal.h>
#include <sys/wait.h>

#include "sym_fixture.h"
#include "symbolize/module_file.h"

/* Rows that this many bytes of build-id were read from the file itself. */
static struct pmc_module_row row_of(const char *path)
{
	struct pmc_module_row row = { .kind = PMC_MODULE_USER };
	struct elf_file *file = elf_file_open(path);

	assert_non_null(file);
	assert_int_equal(file->build_id_len, PMC_BUILD_ID_MAX);
	row.build_id_len = file->build_id_len;
	memcpy(row.build_id, file->build_id, file->build_id_len);
	elf_file_free(file);
	return row;
}

static const char *build(const struct sym_dir *dir, const char *name, const char *flags)
{
	char all[256];

	snprintf(all, sizeof(all), "-Wl,--build-id %s", flags);
	return sym_build(dir, name, SYM_CC, all, "sym_inline.c");
}

static bool opens(const char *path, const struct pmc_module_row *row)
{
	struct elf_file *file = module_file_open(path, row);

	elf_file_free(file);
	return file;
}

static void test_build_ids(void **state)
{
	const struct sym_dir *dir = *state;
	const char *one = build(dir, "one", "-O1"), *other = build(dir, "other", "-O2 -g");
	struct pmc_module_row row, plain = { .kind = PMC_MODULE_USER };

	if (!one || !other)
		skip();
	row = row_of(one);
	assert_true(opens(one, &plain));
	assert_true(opens(one, &row));
	assert_false(opens(other, &row));
	row.build_id[19] ^= 1;
	assert_false(opens(one, &row));
	row.build_id[19] ^= 1;
	row.build_id_len = 8;		/* a shorter id is another id */
	assert_false(opens(one, &row));
	/* Replaced while being recorded: not the names of the new one. */
	row = row_of(one);
	assert_true(sym_shell("mv '%s' '%s'", other, one));
	assert_false(opens(one, &row));
	assert_true(opens(one, &plain));
}

static void test_no_files(void **state)
{
	const struct sym_dir *dir = *state;
	struct pmc_module_row row = { .kind = PMC_MODULE_USER };
	static const char *const names[] = { "",
					     "relative",
					     "/",
					     "/dev/null",
					     "/dev/zero",
					     "/dev/tty",
					     "/nonexistent/file",
					     "/memfd:x (deleted)",
					     " (deleted)",
					     "/ (deleted)",
					     "/proc/self/mem",
					     "/proc/self/environ" };
	char path[5000];

	for (size_t i = 0; i < PMC_COUNT(names); i++)
		assert_false(opens(names[i], &row));
	snprintf(path, sizeof(path), "%s/fifo", dir->path);
	assert_true(sym_shell("mkfifo '%s'", path));
	assert_false(opens(path, &row));
	snprintf(path, sizeof(path), "%s/text", dir->path);
	assert_true(sym_shell("seq 10000 >'%s'", path));
	assert_false(opens(path, &row));
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_false(opens(path, &row));
	row.pid = (uint32_t)getpid();
	row.map_start = row.map_end = 0x1000;
	for (size_t i = 0; i < PMC_COUNT(names); i++)
		assert_false(opens(names[i], &row));
}

/* A program that waits to be killed, and where it is mapped. */
static pid_t start(const char *path, struct pmc_module_row *row)
{
	char maps[64], line[512], perms[8];
	unsigned long long from, to, pgoff;
	pid_t pid = fork();
	FILE *file;

	assert_true(pid >= 0);
	if (!pid) {
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	row->pid = (uint32_t)pid;
	snprintf(maps, sizeof(maps), "/proc/%d/maps", pid);
	/* Until the exec is through, the maps are those of the test. */
	for (int tries = 0; tries < 5000 && !row->map_end; tries++) {
		file = fopen(maps, "r");
		while (file && fgets(line, sizeof(line), file)) {
			if (sscanf(line, "%llx-%llx %7s %llx", &from, &to, perms, &pgoff) != 4 ||
			    perms[2] != 'x' || !strstr(line, path))
				continue;
			row->map_start = from;
			row->map_end = to;
			row->map_pgoff = pgoff;
		}
		if (file)
			fclose(file);
		usleep(1000);
	}
	assert_int_not_equal(row->map_end, 0);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_deleted(void **state)
{
	const struct sym_dir *dir = *state;
	const char *other = build(dir, "spare", "-O2 -g");
	struct pmc_module_row row = { .kind = PMC_MODULE_USER }, known;
	char path[600], gone[640];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/waiting", dir->path);
	snprintf(gone, sizeof(gone), "%s (deleted)", path);
	if (!other || !sym_shell("echo 'int pause(void); int main(void) { return pause(); }'"
				 " >'%s.c' && " SYM_CC " -Wl,--build-id -o '%s' '%s.c'",
				 path, path, path))
		skip();
	pid = start(path, &row);
	known = row_of(path);
	known.pid = row.pid;
	known.map_start = row.map_start;
	known.map_end = row.map_end;
	assert_true(opens(path, &row));
	assert_true(opens(path, &known));
	/* Gone: the live process still has it, under either name of the path. */
	assert_int_equal(unlink(path), 0);
	assert_true(opens(gone, &row));
	assert_true(opens(gone, &known));
	assert_true(opens(path, &known));
	/* Replaced by another: still the one that was mapped. */
	assert_true(sym_shell("cp '%s' '%s'", other, path));
	assert_true(opens(path, &known));
	assert_true(opens(gone, &known));
	assert_true(opens(gone, &row));
	stop(pid);
	/* Nobody has it any more. */
	assert_false(opens(gone, &row));
	assert_false(opens(gone, &known));
	assert_false(opens(path, &known));
	/* But a file of the same build-id is as good. */
	known = row_of(other);
	assert_true(opens(gone, &known));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build_ids),
		cmocka_unit_test(test_no_files),
		cmocka_unit_test(test_deleted),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
