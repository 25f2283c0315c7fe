/*
 * test_tree.c - call trees in memory: as the store has them, from roots, turned around, within
 * limits, drawn.
 */
#include "store_fixture.h"

#include "base/format.h"
#include "report/text.h"
#include "report/tree.h"
#include "session_fixture.h"

struct fixture {
	struct store_fixture t;
	struct pmc_store *store;
};

static int setup(void **state)
{
	struct fixture *f = pmc_calloc(1, sizeof(*f));

	store_fixture_init(&f->t);
	session_fixture_write(f->t.path);
	f->store = store_fixture_open(&f->t, PMC_STORE_READ);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	pmc_store_close(f->store);
	store_fixture_fini(&f->t);
	free(f);
	return 0;
}

static struct tree_opts opts_of(int64_t session)
{
	return (struct tree_opts){ .session_id = session, .to_s = -1 };
}

static void load(struct tree *tree, struct pmc_store *store, const struct tree_opts *opts)
{
	struct pmc_err err = { 0 };

	if (tree_load(tree, store, opts, &err))
		fail_msg("%s (%s)", err.message, err.hint);
}

/* "depth function samples self total" a line; events separated by a bar. The caller frees. */
static char *tell(const struct tree *tree)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (uint32_t i = 0; i < tree->nodes.count; i++) {
		const struct tree_node *node = &tree->nodes.items[i];

		fprintf(out, "%u %s%s", node->depth,
			tree_text(tree, tree->functions.items[node->function].function),
			node->inlined ? " (inlined)" : "");
		for (size_t e = 0; e < tree->head.events_count; e++) {
			const struct tree_cell *cell = tree_cell(tree, i, e);

			fprintf(out, "%s %lld %lld %lld", e ? " |" : "", (long long)cell->samples,
				(long long)cell->self, (long long)cell->total);
		}
		fprintf(out, "%s\n", node->hidden ? " …" : "");
	}
	fclose(out);
	return text;
}

static void expect_tree(struct pmc_store *store, const struct tree_opts *opts,
			const char *expected)
{
	struct tree tree;
	char *text;

	load(&tree, store, opts);
	text = tell(&tree);
	assert_string_equal(text, expected);
	free(text);
	tree_fini(&tree);
}

/* What every tree keeps to. */
static void check_shape(const struct tree *tree, bool limited)
{
	for (uint32_t i = 0; i < tree->nodes.count; i++) {
		const struct tree_node *node = &tree->nodes.items[i];

		assert_true(node->last >= i && node->last < tree->nodes.count);
		if (node->parent == TREE_NONE) {
			assert_int_equal(node->depth, 0);
		} else {
			const struct tree_node *parent = &tree->nodes.items[node->parent];

			assert_true(node->parent < i && node->last <= parent->last);
			assert_int_equal(node->depth, parent->depth + 1);
		}
		for (size_t e = 0; e < tree->head.events_count; e++) {
			int64_t below = tree_cell(tree, i, e)->samples;

			for (uint32_t child = i + 1; child <= node->last;
			     child = tree->nodes.items[child].last + 1)
				below += tree_cell(tree, child, e)->total_samples;
			assert_true(below <= tree_cell(tree, i, e)->total_samples);
			if (!limited)
				assert_int_equal(below, tree_cell(tree, i, e)->total_samples);
		}
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the lines of a text in place, the order of siblings being another in SQL. */
static char *sort_lines(char *text)
{
	char *lines[1000], *line, *copy = pmc_strdup(text), *rest = copy, *at = text;
	size_t count = 0;

	while ((line = strsep(&rest, "\n")) && *line && count < PMC_COUNT(lines))
		lines[count++] = line;
	qsort(lines, count, sizeof(*lines), by_text);
	for (size_t i = 0; i < count; i++)
		at += sprintf(at, "%s\n", lines[i]);
	free(copy);
	return text;
}

/* Tree and view come from different code, and say the same of all sessions and events. */
static void same_as_the_view(void **state)
{
	struct fixture *f = *state;

	for (int64_t session = 1; session <= 5; session++) {
		PMC_FREE char *names = pmc_sprintf("SELECT event FROM event_summary WHERE "
						   "session_id = %d ORDER BY 1", (int)session);
		PMC_FREE char *list = store_fixture_rows(&f->t, f->store, names);
		char *rest = list, *event;

		while ((event = strsep(&rest, "\n")) && *event) {
			PMC_FREE char *sql = pmc_sprintf(
				"SELECT depth || ' ' || function || iif(inlined, ' (inlined)', '') "
				"|| ' ' || samples || ' ' || self || ' ' || total FROM call_tree "
				"WHERE session_id = %d AND event = '%s'", (int)session, event);
			PMC_FREE char *rows = store_fixture_rows(&f->t, f->store, sql);
			PMC_FREE char *text = NULL;
			struct tree_opts opts = opts_of(session);
			struct tree tree;

			opts.event = event;
			load(&tree, f->store, &opts);
			check_shape(&tree, false);
			text = tell(&tree);
			assert_string_equal(sort_lines(text), sort_lines(rows));
			tree_fini(&tree);
		}
	}
}

static void several_events(void **state)
{
	struct fixture *f = *state;
	struct tree_opts opts = opts_of(2);

	expect_tree(f->store, &opts,
		    "0 main 0 0 7280000000 | 0 0 4752000000\n"
		    "1 compute 0 0 6400000000 | 0 0 2640000000\n"
		    "2 square (inlined) 3200 6400000000 6400000000 | 2000 2640000000 2640000000\n"
		    "1 walk 400 800000000 800000000 | 1600 2112000000 2112000000\n"
		    "1 memcpy 40 80000000 80000000 | 0 0 0\n"
		    "0 [libc.so.6+0x9bcd0] 0 0 0 | 200 264000000 264000000\n");
}

static void roots(void **state)
{
	static const struct { const char *root, *expected; } cases[] = {
		{ "walk", "0 walk 0 0 170000000\n1 walk 400 100000000 170000000\n"
			  "2 walk 280 70000000 70000000\n" },
		{ "solve:walk", "0 walk 0 0 170000000\n1 walk 400 100000000 170000000\n"
				"2 walk 280 70000000 70000000\n" },
		{ "tree.c:walk", "0 walk 0 0 170000000\n1 walk 400 100000000 170000000\n"
				 "2 walk 280 70000000 70000000\n" },
		{ "square", "0 square 1410 352500000 352500000\n" },
		{ "_M_insert_unique",
		  "0 std::_Rb_tree<std::string, std::pair<std::string const, int>, "
		  "std::less<std::string> >::_M_insert_unique(std::string const&) 60 15000000 "
		  "15000000\n" },
		{ "do_syscall_64", "0 do_syscall_64 88 22000000 22000000\n" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct tree_opts opts = opts_of(1);

		opts.root = cases[i].root;
		expect_tree(f->store, &opts, cases[i].expected);
	}
}

static void expect_refused(struct pmc_store *store, const char *root, const char *message,
			   const char *hint)
{
	struct tree_opts opts = opts_of(1);
	struct pmc_err err = { 0 };
	struct tree tree;

	opts.root = root;
	assert_int_equal(tree_load(&tree, store, &opts, &err), -1);
	tree_fini(&tree);
	assert_int_equal(err.kind, PMC_ERR_USAGE);
	if (!strstr(err.message, message) || !strstr(err.hint, hint))
		fail_msg("%s: %s (%s)", root, err.message, err.hint);
	assert_null(strchr(err.message, '\x1b'));
	assert_null(strchr(err.hint, '\x1b'));
}

static void unknown_roots(void **state)
{
	struct fixture *f = *state;

	expect_refused(f->store, "wlak", "no function 'wlak' in session 1", "mean walk?");
	expect_refused(f->store, "computed", "no function", "compute");
	expect_refused(f->store, "nothing_like_it", "no function", "--limit 0");
	expect_refused(f->store, "gr\x1b[31mx", "no function 'gr?[31mx'", "");
	expect_refused(f->store, "main.c:walk", "no function", "");
	expect_refused(f->store, ":", "no function", "");
}

/* Names that several functions have: overloads, modules, files. */
static void ambiguous_roots(void **state)
{
	static const struct { const char *root, *hint; } cases[] = {
		{ "work", "name one: a.so:work, b.so:work" },
		{ "local", "name one: one.c:local, two.c:local" },
		{ "ns::over", "name one: ns::over(int), ns::over(long)" },
		{ "over", "name one: ns::over(int), ns::over(long)" },
		{ "a.so:work", NULL }, { "two.c:local", NULL }, { "ns::over(long)", NULL },
		{ "operator()", NULL }, { "(anonymous namespace)::hidden", NULL },
		{ "tmpl<a::b>", NULL }, { "constant", NULL }, { "twin", NULL },
	};
	static const struct { const char *name, *file; } functions[] = {
		{ "work", "x.c" }, { "work", "y.c" }, { "local", "one.c" }, { "local", "two.c" },
		{ "ns::over(int)", "o.cc" }, { "ns::over(long)", "o.cc" },
		{ "ns::functor::operator()(int) const", "o.cc" },
		{ "(anonymous namespace)::hidden(std::pair<int, int>)", "o.cc" },
		{ "ns::tmpl<a::b>(a::b, void (*)(int))", "o.cc" },
		{ "constant [clone .part.0]", NULL }, { "constant", NULL },
		{ "twin", "t.h" }, { "twin", "t.h" },
	};
	struct pmc_writer *writer;
	struct pmc_store *store;
	struct store_fixture t;
	struct batch_fixture f;
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	batch_fixture_init(&f);
	batch_fixture_event(&f, "cycles", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	batch_fixture_module(&f, "/lib/a.so", PMC_MODULE_USER);
	batch_fixture_module(&f, "/lib/b.so", PMC_MODULE_USER);
	batch_fixture_thread(&f, batch_fixture_process(&f, 9, "p"), 9, "p");
	for (uint32_t i = 0; i < PMC_COUNT(functions); i++)
		batch_fixture_cost(&f, 1, 1, 0,
				   batch_fixture_location(&f, i == 1 ? 2 : 1, i, functions[i].name,
							  functions[i].file, 10 * i + 10),
				   0, 1, 1);
	store_fixture_write(&t, writer, &f);
	assert_int_equal(pmc_writer_finish(writer, 1, false, &t.err), 0);
	pmc_writer_free(writer);
	batch_fixture_fini(&f);
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct tree_opts opts = opts_of(1);
		struct tree tree;

		if (cases[i].hint) {
			expect_refused(store, cases[i].root, "may be several functions",
				       cases[i].hint);
			continue;
		}
		opts.root = cases[i].root;
		load(&tree, store, &opts);
		assert_int_equal(tree.nodes.count, 1);
		assert_int_equal(tree.sums[0].total_samples,
				 strcmp(cases[i].root, "twin") ? 1 : 2);
		tree_fini(&tree);
	}
	pmc_store_close(store);
	store_fixture_fini(&t);
}

static void callers(void **state)
{
	struct fixture *f = *state;
	struct tree_opts opts = opts_of(1);
	struct tree tree;
	int64_t sum = 0;

	opts.callers = true;
	opts.min_share = 0.01;
	expect_tree(f->store, &opts,
		    "0 square (inlined) 0 0 352500000\n1 compute 0 0 352500000\n"
		    "2 main 1410 352500000 352500000\n"
		    "0 walk 0 0 170000000\n1 walk 0 0 170000000\n"
		    "2 compute 0 0 100000000\n3 main 400 100000000 100000000\n"
		    "2 walk 0 0 70000000\n3 compute 0 0 70000000\n"
		    "4 main 280 70000000 70000000\n"
		    "0 parse 0 0 150000000\n1 parse 0 0 150000000\n"
		    "2 main 600 150000000 150000000\n"
		    "0 memcpy 0 0 75000000\n1 compute 0 0 75000000\n"
		    "2 main 300 75000000 75000000\n"
		    "0 do_syscall_64 88 22000000 22000000\n"
		    "0 std::_Rb_tree<std::string, std::pair<std::string const, int>, "
		    "std::less<std::string> >::_M_insert_unique(std::string const&) 0 0 15000000\n"
		    "1 main 60 15000000 15000000\n");
	/* Nothing is lost on the way, whatever the limits. */
	opts.min_share = 0;
	load(&tree, f->store, &opts);
	check_shape(&tree, false);
	for (uint32_t i = 0; i < tree.nodes.count; i = tree.nodes.items[i].last + 1)
		sum += tree_cell(&tree, i, 0)->total;
	assert_int_equal(sum, tree.sums[0].total);
	tree_fini(&tree);
	opts.depth = 2;
	opts.min_share = 0.2;
	expect_tree(f->store, &opts, "0 square (inlined) 0 0 352500000\n"
				     "1 compute 0 0 352500000 …\n"
				     "0 walk 0 0 170000000\n1 walk 0 0 170000000 …\n");
}

static void limits(void **state)
{
	struct fixture *f = *state;
	struct tree_opts opts = opts_of(1);
	struct tree tree;

	opts.min_share = 0.15;
	expect_tree(f->store, &opts, "0 main 0 0 762500000 …\n1 compute 0 0 597500000 …\n"
				     "2 square (inlined) 1410 352500000 352500000\n"
				     "2 walk 0 0 170000000\n3 walk 400 100000000 170000000 …\n"
				     "1 parse 0 0 150000000\n2 parse 600 150000000 150000000\n");
	load(&tree, f->store, &opts);
	check_shape(&tree, true);
	assert_int_equal(tree.hidden, 3);
	assert_int_equal(tree.nodes.items[0].hidden, 1);
	/* Shares stay those of all. */
	assert_int_equal(tree.sums[0].total, 785750000);
	tree_fini(&tree);
	opts.min_share = 0;
	opts.depth = 1;
	expect_tree(f->store, &opts, "0 main 0 0 762500000 …\n"
				     "0 do_syscall_64 88 22000000 22000000\n"
				     "0 größe\x1b[31m,\"\xff 3 750000 750000\n"
				     "0 [libc.so.6+0x9bcd0] 2 500000 500000\n");
	opts.min_share = 1;
	opts.depth = 0;
	expect_tree(f->store, &opts, "");
}

static void threads_and_windows(void **state)
{
	struct fixture *f = *state;
	struct tree_opts opts = opts_of(1);

	opts.by = PMC_BY_PROCESS;
	opts.depth = 2;
	opts.min_share = 0.01;
	expect_tree(f->store, &opts, "0 solve (pid 4100) 0 0 784500000\n"
				     "1 main 0 0 762500000 …\n"
				     "1 do_syscall_64 88 22000000 22000000\n");
	opts.by = PMC_BY_THREAD;
	opts.min_share = 0;
	opts.root = "do_syscall_64";
	expect_tree(f->store, &opts, "0 worker (tid 4103) 0 0 22000000\n"
				     "1 do_syscall_64 88 22000000 22000000\n");
	opts = opts_of(1);
	opts.root = "parse";
	opts.from_s = 0.15;
	opts.to_s = 0.2;
	expect_tree(f->store, &opts, "0 parse 0 0 50000000\n1 parse 200 50000000 50000000\n");
}

/* Recursion a hundred thousand calls deep: bounded by memory alone. */
static void deep_recursion(void **state)
{
	enum { DEPTH = 100000 };
	struct pmc_writer *writer;
	struct pmc_store *store;
	struct store_fixture t;
	struct batch_fixture f;
	struct tree_opts opts = opts_of(1);
	struct pmc_report_opts report = { .session_id = 1, .to_s = -1, .tree = true,
					  .format = PMC_FORMAT_CSV };
	struct tree tree;
	uint32_t stack = 0, even, odd;
	FILE *out = fopen("/dev/null", "w");
	int64_t id;

	(void)state;
	store_fixture_init(&t);
	store = store_fixture_open(&t, PMC_STORE_CREATE);
	writer = store_fixture_begin(&t, store, NULL, &id);
	batch_fixture_init(&f);
	batch_fixture_event(&f, "cycles", PMC_UNIT_COUNT, PMC_MODE_PERIOD, 1);
	batch_fixture_module(&f, "/bin/prog", PMC_MODULE_USER);
	batch_fixture_thread(&f, batch_fixture_process(&f, 9, "p"), 9, "p");
	even = batch_fixture_location(&f, 1, 1, "even", NULL, 0);
	odd = batch_fixture_location(&f, 1, 2, "odd", NULL, 0);
	for (int i = 0; i < DEPTH; i++)
		stack = batch_fixture_stack(&f, stack, i % 2 ? odd : even);
	batch_fixture_cost(&f, 1, 1, stack, even, 0, 1, 7);
	store_fixture_write(&t, writer, &f);
	assert_int_equal(pmc_writer_finish(writer, 1, false, &t.err), 0);
	pmc_writer_free(writer);
	batch_fixture_fini(&f);

	load(&tree, store, &opts);
	assert_int_equal(tree.nodes.count, DEPTH + 1);
	assert_int_equal(tree.nodes.items[DEPTH].depth, DEPTH);
	assert_int_equal(tree.nodes.items[0].last, DEPTH);
	assert_int_equal(tree_cell(&tree, 0, 0)->total, 7);
	tree_fini(&tree);
	opts.callers = true;
	load(&tree, store, &opts);
	assert_int_equal(tree.nodes.count, DEPTH + 1);
	tree_fini(&tree);
	assert_non_null(out);
	assert_int_equal(pmc_report_print(store, &report, out, &t.err), 0);
	report.tree = false;
	report.root = "odd";
	assert_int_equal(pmc_report_print(store, &report, out, &t.err), 0);
	store_fixture_expect(&t, store, "SELECT count(*), sum(samples), max(total) FROM call_tree",
			     "100001|1|7\n");
	store_fixture_expect(&t, store, "SELECT caller, function, samples FROM callers ORDER BY 1",
			     "|even|1\neven|odd|1\nodd|even|1\n");
	fclose(out);
	pmc_store_close(store);
	store_fixture_fini(&t);
}

static char *print(struct pmc_store *store, const struct pmc_report_opts *opts)
{
	struct pmc_err err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int status = pmc_report_print(store, opts, out, &err);

	fclose(out);
	if (status)
		fail_msg("%s (%s)", err.message, err.hint);
	return text;
}

/* Tables of what runs under a root: sums agree with the tree's, whatever rows are made of. */
static void tables_under_a_root(void **state)
{
	static const struct { enum pmc_report_by by; const char *expected; } cases[] = {
		{ PMC_BY_FUNCTION, "solve,square,/home/me/solve/math.h,,1410,352500000,352500000,"
				   "0.5899581589958159,0.5899581589958159\r\n" },
		{ PMC_BY_FUNCTION,
		  "solve,compute,/home/me/solve/solve.c,40,0,0,597500000,0.0,1.0" },
		{ PMC_BY_FUNCTION, "solve,walk,/home/me/solve/tree.c,90,680,170000000,170000000," },
		{ PMC_BY_LINE, "solve,walk,/home/me/solve/tree.c,91,680,170000000,0.28451" },
		{ PMC_BY_MODULE, "solve,2090,522500000,0.87447" },
		{ PMC_BY_THREAD, "4100,4100,solve,2390,597500000,1.0" },
		{ PMC_BY_PROCESS, "4100,solve,2390,597500000,1.0" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		struct pmc_report_opts opts = { .session_id = 1, .to_s = -1, .root = "compute",
						.by = cases[i].by, .format = PMC_FORMAT_CSV };
		PMC_FREE char *text = print(f->store, &opts);

		if (!strstr(text, cases[i].expected))
			fail_msg("%s\nhas no\n%s", text, cases[i].expected);
		assert_null(strstr(text, "parse"));
		assert_null(strstr(text, "worker"));
	}
}

/* Drawn for every width: lines fit once there is room for one, and are harmless. */
static void fits_and_harmless(void **state)
{
	struct fixture *f = *state;

	for (unsigned width = 1; width <= 160; width++) {
		for (int i = 0; i < 6; i++) {
			struct pmc_report_opts opts = {
				.session_id = i < 4 ? 1 : 2, .to_s = -1, .tree = true,
				.callers = i % 2, .min_share = i < 2 ? 0 : 0.01,
				.style = { .width = width, .ascii = i == 3 },
			};
			PMC_FREE char *text = print(f->store, &opts);
			char *rest = text, *line;

			assert_null(strpbrk(text, "\x1b\xff"));
			while ((line = strsep(&rest, "\n"))) {
				if (text_width(line) > width)
					fail_msg("%u columns in %u: %s", text_width(line), width,
						 line);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_the_view),
		cmocka_unit_test(several_events),
		cmocka_unit_test(roots),
		cmocka_unit_test(unknown_roots),
		cmocka_unit_test(ambiguous_roots),
		cmocka_unit_test(callers),
		cmocka_unit_test(limits),
		cmocka_unit_test(threads_and_windows),
		cmocka_unit_test(deep_recursion),
		cmocka_unit_test(tables_under_a_root),
		cmocka_unit_test(fits_and_harmless),
	};

	return cmocka_run_group_tests_name("tree", tests, setup, teardown);
}
