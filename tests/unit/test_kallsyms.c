/* test_kallsyms.c - the kernel's list, as it is and as it should not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "symbolize/kallsyms.h"

struct list {
	char folder[256], path[300];
};

static int setup(void **state)
{
	struct list *list = calloc(1, sizeof(*list));
	const char *tmp = getenv("TMPDIR");

	snprintf(list->folder, sizeof(list->folder), "%s/kallsyms-XXXXXX",
		 tmp && tmp[0] ? tmp : "/tmp");
	if (!mkdtemp(list->folder))
		return -1;
	snprintf(list->path, sizeof(list->path), "%s/list", list->folder);
	*state = list;
	return 0;
}

static int teardown(void **state)
{
	struct list *list = *state;

	unlink(list->path);
	rmdir(list->folder);
	free(list);
	return 0;
}

static void write_list(const struct list *list, const char *text)
{
	FILE *file = fopen(list->path, "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) < 0, 0);
	assert_int_equal(fclose(file), 0);
}

static const char usual[] =
	"0000000000000000 A fixed_percpu_data\n"
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000000 T startup_64\n"
	"ffffffff81000100 t __local_name\n"
	"ffffffff81000100 T global_name\n"
	"ffffffff81000200 W weak_name\n"
	"ffffffff81000200 t other_local\n"
	"ffffffff81000300 t last_function\n"
	"ffffffff81000400 T _etext\n"
	"ffffffff81000500 R some_data\n"
	"ffffffff82000000 T _sinittext\n"
	"ffffffff82000010 t init_function\n"
	"ffffffff82000020 D more_data\n"
	"ffffffff82000030 b even_more\n"
	"ffffffffc0a02000 t ext4_write\t[ext4]\n"
	"ffffffffc0a01000 t ext4_read\t[ext4]\n"
	"ffffffffc0a01800 d ext4_data\t[ext4]\n"
	"ffffffffc0b00000 t bpf_prog_abc_run\t[bpf]\n";

static const struct {
	uint64_t addr;
	const char *name;
} usual_places[] = {
	{ 0, NULL },
	{ 0x1000, NULL },
	{ 0xffffffff80ffffff, NULL },
	{ 0xffffffff81000000, "startup_64" },
	{ 0xffffffff810000ff, "startup_64" },
	{ 0xffffffff81000100, "global_name" },
	{ 0xffffffff810001ff, "global_name" },
	{ 0xffffffff81000200, "weak_name" },
	{ 0xffffffff81000300, "last_function" },
	{ 0xffffffff810003ff, "last_function" },
	{ 0xffffffff81000400, NULL },
	{ 0xffffffff81000500, NULL },
	{ 0xffffffff81abcdef, NULL },
	{ 0xffffffff82000010, "init_function" },
	{ 0xffffffff82000020, NULL },
	{ 0xffffffff83000000, NULL },
	{ 0xffffffffc0a01000, "ext4_read" },
	{ 0xffffffffc0a01fff, "ext4_read" },
	{ 0xffffffffc0a02000, "ext4_write" },
	{ 0xffffffffc0b00000, "bpf_prog_abc_run" },
	{ 0xffffffffc0b00010, "bpf_prog_abc_run" },
	{ 0xffffffffc0c00000, NULL },		/* too far behind the last one */
	{ UINT64_MAX, NULL },
};

static void check_usual(struct kallsyms *kallsyms)
{
	for (size_t i = 0; i < PMC_COUNT(usual_places); i++) {
		const char *name = kallsyms_find(kallsyms, usual_places[i].addr);

		if (usual_places[i].name) {
			assert_non_null(name);
			assert_string_equal(name, usual_places[i].name);
		} else {
			assert_null(name);
		}
	}
}

static void test_usual(void **state)
{
	const struct list *list = *state;
	struct kallsyms *kallsyms;
	char cut[sizeof(usual)];

	write_list(list, usual);
	kallsyms = kallsyms_new(list->path);
	assert_int_equal(kallsyms_count(kallsyms), 0);
	check_usual(kallsyms);
	assert_true(kallsyms_count(kallsyms) > 0);
	kallsyms_free(kallsyms);
	/* The last line need not end. */
	memcpy(cut, usual, sizeof(usual));
	cut[sizeof(usual) - 2] = '\0';
	write_list(list, cut);
	kallsyms = kallsyms_new(list->path);
	check_usual(kallsyms);
	kallsyms_free(kallsyms);
}

/* Lines over the borders of what is read at once. */
static void test_large(void **state)
{
	const struct list *list = *state;
	FILE *file = fopen(list->path, "w");
	const uint64_t base = 0xffffffff81000000;
	struct kallsyms *kallsyms;
	char name[64];

	assert_non_null(file);
	for (unsigned i = 0; i < 60000; i++)
		fprintf(file, "%016llx %c function_%0*u\n", (unsigned long long)(base + i * 16ULL),
			i % 3 ? 't' : 'T', 1 + (int)(i % 40), i);
	assert_int_equal(fclose(file), 0);
	kallsyms = kallsyms_new(list->path);
	for (unsigned i = 0; i < 60000; i++) {
		snprintf(name, sizeof(name), "function_%0*u", 1 + (int)(i % 40), i);
		assert_string_equal(kallsyms_find(kallsyms, base + i * 16ULL + i % 16), name);
	}
	assert_int_equal(kallsyms_count(kallsyms), 60000);
	kallsyms_free(kallsyms);
}

static void test_hidden(void **state)
{
	const struct list *list = *state;
	struct kallsyms *kallsyms;

	write_list(list, "0000000000000000 T _text\n0000000000000000 t function\n"
			 "0000000000000000 t module_function\t[ext4]\n");
	kallsyms = kallsyms_new(list->path);
	assert_null(kallsyms_find(kallsyms, 0));
	assert_null(kallsyms_find(kallsyms, 0xffffffff81000000));
	assert_int_equal(kallsyms_count(kallsyms), 0);
	/* Hidden lists are not read again for each new module. */
	write_list(list, usual);
	kallsyms_expire(kallsyms);
	assert_null(kallsyms_find(kallsyms, 0xffffffff81000100));
	kallsyms_free(kallsyms);
}

static void test_new_modules(void **state)
{
	const struct list *list = *state;
	const uint64_t addr = 0xffffffffd0000010;
	struct kallsyms *kallsyms;

	write_list(list, usual);
	kallsyms = kallsyms_new(list->path);
	assert_null(kallsyms_find(kallsyms, addr));
	write_list(list, "ffffffffd0000000 t late_function\t[late]\n");
	assert_null(kallsyms_find(kallsyms, addr));
	kallsyms_expire(kallsyms);
	assert_string_equal(kallsyms_find(kallsyms, addr), "late_function");
	kallsyms_free(kallsyms);
}

static void test_odd_lists(void **state)
{
	static const char *const odd[] = {
		"", "\n", "\n\n\n", "ffffffff81000000", "ffffffff81000000 ", "ffffffff81000000 T",
		"ffffffff81000000 T ", "ffffffff81000000 T \n", "ffffffff81000000  name\n",
		"zzzz T name\n", "T name\n", " T name\n", "ffffffff81000000\tT\tname\n",
		"ffffffff81000000 T \t[mod]\n", "\177ELF\n",
	};
	const struct list *list = *state;
	struct kallsyms *kallsyms;
	char *text;

	for (size_t i = 0; i < PMC_COUNT(odd); i++) {
		write_list(list, odd[i]);
		kallsyms = kallsyms_new(list->path);
		assert_null(kallsyms_find(kallsyms, 0xffffffff81000000));
		kallsyms_free(kallsyms);
	}
	/* A line that does not end. */
	text = malloc(1 << 20);
	memset(text, 'f', (1 << 20) - 1);
	text[(1 << 20) - 1] = '\0';
	write_list(list, text);
	free(text);
	kallsyms = kallsyms_new(list->path);
	assert_null(kallsyms_find(kallsyms, 0xffffffff81000000));
	kallsyms_free(kallsyms);
	/* No file at all, a folder, a FIFO. */
	unlink(list->path);
	kallsyms = kallsyms_new(list->path);
	assert_null(kallsyms_find(kallsyms, 1));
	kallsyms_free(kallsyms);
	kallsyms = kallsyms_new(list->folder);
	assert_null(kallsyms_find(kallsyms, 1));
	kallsyms_free(kallsyms);
	assert_int_equal(mkfifo(list->path, 0600), 0);
	kallsyms = kallsyms_new(list->path);
	assert_null(kallsyms_find(kallsyms, 1));
	kallsyms_free(kallsyms);
	unlink(list->path);
}

/* This machine's own list, where it shows addresses. */
static void test_running_kernel(void **state)
{
	struct kallsyms *kallsyms = kallsyms_new(NULL);
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long addr = 0;
	char line[1024], type, name[512];
	const char *found;

	(void)state;
	while (file && fgets(line, sizeof(line), file) && !addr)
		if (sscanf(line, "%llx %c %511s", &addr, &type, name) != 3 || type != 'T' ||
		    strncmp(name, "vfs_", 4))
			addr = 0;
	if (file)
		fclose(file);
	found = addr ? kallsyms_find(kallsyms, addr + 1) : NULL;
	if (addr) {
		assert_non_null(found);
		assert_string_equal(found, name);
	}
	kallsyms_free(kallsyms);
	if (!addr)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usual),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_new_modules),
		cmocka_unit_test(test_odd_lists),
		cmocka_unit_test(test_running_kernel),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
