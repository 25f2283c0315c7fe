/* test_cfi_program.c - the rows that programs make, and where bad ones stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cfi_writer.h"
#include "symbolize/cfi_program.h"

struct row {
	uint64_t start, end;
	int32_t cfa;		/* offset; -1: no rule */
	int cfa_reg;
	unsigned places;
};

static struct cfi_rules rules;
static struct row rows[600];
static unsigned rows_count;

static void note_row(void *ctx, uint64_t start, uint64_t end, uint16_t id)
{
	const struct cfi_rule *rule = &rules.rules.items[id];

	(void)ctx;
	assert_true(start < end && rows_count < PMC_COUNT(rows));
	rows[rows_count++] = (struct row){ start, end, id ? rule->cfa_value : -1,
					   id ? rule->cfa_reg : -1, rule->places_count };
}

/* Runs a program for addresses 0x1000 to 0x1100, of which those in [from, to) are wanted. */
static void run(const void *code, size_t size, uint64_t from, uint64_t to, uint64_t budget)
{
	static struct writer writer;
	struct cfi_program *program = cfi_program_new(PMC_ARCH_X86_64);
	struct cfi_section section;
	struct cfi_fde fde;
	uint64_t next, at;

	memset(&writer, 0, sizeof(writer));
	cfi_rules_fini(&rules);
	cfi_rules_init(&rules);
	rows_count = 0;
	put_cie(&writer, "zR");
	at = writer.size;
	put_fde(&writer, 0, 0x1000, 0x100, code, size);
	section = writer_section(&writer);
	assert_int_equal(cfi_section_read(&section, at, &fde, &next), CFI_ENTRY_FDE);
	cfi_program_run(program, &section, &fde, from, to, &rules, &budget, note_row, NULL);
	cfi_program_free(program);
}

#define RUN(code) run(code, sizeof(code) - 1, 0, UINT64_MAX, 10000)

static void check_rows(const struct row *wanted, unsigned count)
{
	assert_int_equal(rows_count, count);
	for (unsigned i = 0; i < count; i++) {
		assert_true(rows[i].start == wanted[i].start && rows[i].end == wanted[i].end);
		assert_int_equal(rows[i].cfa, wanted[i].cfa);
		assert_int_equal(rows[i].cfa_reg, wanted[i].cfa_reg);
		assert_int_equal(rows[i].places, wanted[i].places);
	}
}

/* push rbp; mov rbp, rsp; … early return …; leave */
static const char prologue[] = "\x41\x0e\x10\x86\x02" "\x43\x0d\x06" "\x42\x0a" "\x02\x50"
			       "\xc6\x0c\x07\x08" "\x41\x0b";

static void test_rows(void **state)
{
	static const struct row wanted[] = {
		{ 0x1000, 0x1001, 8, 7, 1 }, { 0x1001, 0x1004, 16, 7, 2 },
		{ 0x1004, 0x1006, 16, 6, 2 }, { 0x1006, 0x1056, 16, 6, 2 },
		{ 0x1056, 0x1057, 8, 7, 1 }, { 0x1057, 0x1100, 16, 6, 2 },
	};

	(void)state;
	RUN(prologue);
	check_rows(wanted, PMC_COUNT(wanted));
	assert_int_equal(rules.rules.count, 1 + 3);
	RUN("");
	check_rows(&(struct row){ 0x1000, 0x1100, 8, 7, 1 }, 1);
}

/* Of a long function only what is asked for. */
static void test_window(void **state)
{
	static const struct row wanted[] = { { 0x1002, 0x1004, 16, 7, 2 },
					     { 0x1004, 0x1005, 16, 6, 2 } };

	(void)state;
	run(prologue, sizeof(prologue) - 1, 0x1002, 0x1005, 10000);
	check_rows(wanted, 2);
	assert_int_equal(rules.rules.count, 1 + 2);
	run(prologue, sizeof(prologue) - 1, 0x2000, 0x3000, 10000);
	assert_int_equal(rows_count, 0);
}

static void test_stops(void **state)
{
	static const struct {
		const char *name, *code;
		size_t size;
		uint64_t known_to;	/* addresses from there on have no rule */
	} cases[] = {
		{ "unknown instruction", "\x41\x3f", 2, 0x1001 },
		{ "restore of nothing", "\x44\x0b", 2, 0x1004 },
		{ "past the function", "\x41\x03\x00\x20", 4, 0x1001 },
		{ "advance of 64 bits", "\x41\x1d\xff\xff\xff\xff\xff\xff\xff\xff", 10, 0x1001 },
		{ "expression behind the end", "\x41\x0f\xff\x7f\x00", 5, 0x1001 },
		{ "cut number", "\x41\x0e\x80", 3, 0x1001 },
		{ "CFA in no register", "\x41\x0c\x80\x01\x08", 5, 0x1001 },
		{ "offset of no stack", "\x41\x0e\xff\xff\xff\xff\xff\x0f", 8, 0x1001 },
		{ "offset of an expression", "\x41\x0f\x01\x30\x0e\x08", 6, 0x1001 },
		{ "place of no stack", "\x41\x11\x03\xff\xff\xff\xff\xff\xff\xff\xff\x3f", 12,
		  0x1001 },
	};

	(void)state;
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		uint64_t known_to = 0x1000;

		run(cases[i].code, cases[i].size, 0, UINT64_MAX, 10000);
		for (unsigned r = 0; r < rows_count && rows[r].cfa_reg >= 0; r++)
			known_to = rows[r].end;
		if (known_to != cases[i].known_to)
			fail_msg("%s: known to %#llx", cases[i].name, (unsigned long long)known_to);
	}
}

static void test_budget(void **state)
{
	static char code[500];

	(void)state;
	memset(code, 0x41, sizeof(code));	/* a row each byte, until the function ends */
	run(code, sizeof(code), 0, UINT64_MAX, 10000);
	assert_int_equal(rows_count, 0x100);
	run(code, sizeof(code), 0, UINT64_MAX, 20);
	assert_in_range(rows_count, 1, 20);
	memset(code, 0x0a, sizeof(code));	/* remembers states without end */
	run(code, sizeof(code), 0, UINT64_MAX, 10000);
	assert_int_equal(rows_count, 0);
	memset(code, 0, sizeof(code));
	run(code, sizeof(code), 0, UINT64_MAX, 100);
	assert_int_equal(rows_count, 0);
}

/* What is said of registers that are not kept, and states by expression. */
static void test_places(void **state)
{
	(void)state;
	RUN("\x05\x40\x02" "\x09\x03\x0c" "\x14\x06\x02" "\x10\x0c\x02\x77\x10" "\x16\x0d\x01\x30"
	    "\x07\x0e" "\x2e\x10" "\x2f\x0f\x02" "\x0f\x02\x77\x08");
	assert_int_equal(rows_count, 1);
	assert_int_equal(rows[0].places, 7);
	assert_true(rules.rules.items[1].cfa_is_expr);
	assert_false(rules.rules.items[1].is_plain);
	RUN("\x07\x10");
	assert_true(rules.rules.items[1].is_end);
}

/* Expressions of a file that has a new one for each row. */
static void test_many_expressions(void **state)
{
	uint8_t expr[CFI_EXPR_BYTES] = { 0 };
	int32_t id = 0;
	uint32_t i;

	(void)state;
	cfi_rules_fini(&rules);
	cfi_rules_init(&rules);
	for (i = 0; i < 100000 && id >= 0; i++) {
		memcpy(expr, &i, sizeof(i));
		id = cfi_rules_intern_expr(&rules, expr, sizeof(expr));
	}
	assert_int_equal(id, -1);
	assert_in_range(i, 1000, 10000);
	i = 0;		/* those that are known stay so */
	memcpy(expr, &i, sizeof(i));
	assert_int_equal(cfi_rules_intern_expr(&rules, expr, sizeof(expr)), 0);
}

static int finish(void **state)
{
	(void)state;
	cfi_rules_fini(&rules);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_window),
		cmocka_unit_test(test_stops), cmocka_unit_test(test_budget),
		cmocka_unit_test(test_places), cmocka_unit_test(test_many_expressions),
	};

	return cmocka_run_group_tests(tests, NULL, finish);
}
