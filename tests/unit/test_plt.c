/*
 * test_plt.c - linkage tables as different linkers and flags make them; objdump, which works by
 * sections and order instead of code, says what is right.
 */
#include "sym_fixture.h"

#define ARM64 "aarch64-linux-gnu-"

static const struct {
	const char *name, *compiler, *objdump, *flags;
} builds[] = {
	{ "lazy", SYM_CC, "objdump", "-O1 -fcf-protection=none -Wl,-z,lazy" },
	{ "now", SYM_CC, "objdump", "-O1 -Wl,-z,now" },
	{ "plain", SYM_CC, "objdump", "-O1" },
	{ "ibt", SYM_CC, "objdump", "-O1 -fcf-protection=full -Wl,-z,ibtplt" },
	{ "fixed", SYM_CC, "objdump", "-O1 -no-pie -fno-pie" },
	{ "lld", SYM_CC, "objdump", "-O1 -fuse-ld=lld" },
	/* Only read, so any machine will do. */
	{ "arm64", ARM64 "gcc", ARM64 "objdump", "-O1" },
	{ "arm64-now", ARM64 "gcc", ARM64 "objdump", "-O1 -Wl,-z,now" },
	{ "arm64-fixed", ARM64 "gcc", ARM64 "objdump", "-O1 -no-pie -fno-pie" },
	{ "arm64-bti", ARM64 "gcc", ARM64 "objdump",
	  "-O1 -mbranch-protection=standard -Wl,-z,force-bti" },
};

/* Asks for every "address <name@plt>:" of objdump. Returns how many there were. */
static unsigned check_against(const char *objdump, struct sym_session *session, uint32_t module,
			      const char *path)
{
	char command[1024], line[512], name[256];
	unsigned found = 0, wanted_found = 0;
	unsigned long long address;
	FILE *pipe;

	snprintf(command, sizeof(command), "%s -d --no-show-raw-insn '%s' 2>/dev/null", objdump,
		 path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		if (sscanf(line, "%llx <%255[^>]>:", &address, name) != 2 || !strstr(name, "@plt"))
			continue;
		/* Resolvers' addresses instead of names, and the head of a lazy table. */
		if (strstr(name, "*ABS*") || !strcmp(name, "@plt") || strstr(name, "@plt-"))
			continue;
		for (unsigned byte = 0; byte < 8; byte += 4)
			assert_string_equal(name, sym_name(session, module,
							   sym_file_offset(path, address + byte)));
		found++;
		wanted_found += !strcmp(name, "snprintf@plt");
	}
	pclose(pipe);
	if (found)
		assert_int_equal(wanted_found, 1);
	return found;
}

static void section_range(const char *path, const char *wanted, uint64_t *start, uint64_t *end)
{
	int fd = open(path, O_RDONLY);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	size_t names;

	*start = *end = 0;
	elf_getshdrstrndx(elf, &names);
	while ((scn = elf_nextscn(elf, scn))) {
		gelf_getshdr(scn, &header);
		if (strcmp(elf_strptr(elf, names, header.sh_name), wanted))
			continue;
		*start = header.sh_addr;
		*end = header.sh_addr + header.sh_size;
	}
	elf_end(elf);
	close(fd);
}

static void test_tables(void **state)
{
	const struct sym_dir *dir = *state;
	unsigned checked = 0;

	if (!sym_has_tool("objdump"))
		skip();
	for (size_t i = 0; i < PMC_COUNT(builds); i++) {
		const char *path = sym_build(dir, builds[i].name, builds[i].compiler,
					     builds[i].flags, "sym_plt.c");
		struct sym_session session;
		uint32_t module;

		if (!path || !sym_has_tool(builds[i].objdump))
			continue;
		sym_open(&session, NULL, true);
		module = sym_module(&session, path, sym_user);
		checked += check_against(builds[i].objdump, &session, module, path);
		sym_close(&session);
	}
	assert_true(checked > 0);
}

/* A static program's table serves functions that are chosen at start: strlen and the like. */
static void test_static(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = sym_build(dir, "static2", SYM_CC, "-O1 -static", "sym_plt.c");
	struct sym_session session;
	uint64_t start, end;
	unsigned named = 0;
	uint32_t module;

	if (!path)
		skip();
	section_range(path, ".plt", &start, &end);
	if (start == end)
		section_range(path, ".iplt", &start, &end);
	if (start == end)
		skip();
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	for (uint64_t address = start; address < end; address += 16) {
		const char *name = sym_name(&session, module, sym_file_offset(path, address));

		named += strstr(name, "@plt") != NULL;
	}
	assert_true(named > 0);
	sym_close(&session);
}

/* Stripping leaves the tables and what they need. */
static void test_stripped(void **state)
{
	const struct sym_dir *dir = *state;
	const char *path = sym_build(dir, "stripped", SYM_CC, "-O1 -s", "sym_plt.c");
	struct sym_session session;
	uint32_t module;

	if (!path || !sym_has_tool("objdump"))
		skip();
	sym_open(&session, NULL, true);
	module = sym_module(&session, path, sym_user);
	assert_true(check_against("objdump", &session, module, path) > 0);
	sym_close(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_static),
		cmocka_unit_test(test_stripped),
	};

	return cmocka_run_group_tests(tests, sym_setup, sym_teardown);
}
