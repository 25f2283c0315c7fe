/*
 * test_export_csv.c - views as CSV: which rows, their order, what is refused.
 */
#include "export_fixture.h"

static struct export_fixture t;

static int set_up(void **state)
{
	(void)state;
	export_fixture_init(&t);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	export_fixture_fini(&t);
	return 0;
}

static void views(void **state)
{
	static const struct { const char *view, *event, *want; } cases[] = {
		{ "thread_profile", NULL,
		  "session_id,event,pid,tid,comm,samples,self,self_share\r\n"
		  "1,cpu-clock,100,100,prog,10,2500000,0.9090909090909091\r\n"
		  "1,cpu-clock,100,101,worker,1,250000,0.09090909090909091\r\n"
		  "1,instructions,100,100,prog,2,4002,1.0\r\n" },
		{ "thread_profile", "instructions",
		  "session_id,event,pid,tid,comm,samples,self,self_share\r\n"
		  "1,instructions,100,100,prog,2,4002,1.0\r\n" },
		{ "module_profile", "instructions,cpu-clock",
		  "session_id,event,module,samples,self,self_share\r\n"
		  "1,cpu-clock,prog,11,2750000,1.0\r\n"
		  "1,instructions,prog,2,4002,1.0\r\n" },
		{ "event_scale", "instructions",
		  "event_id,session_id,event,samples,value,scale\r\n"
		  "2,1,instructions,2,2001,2.0\r\n" },
	};

	(void)state;
	store_fixture_session(&t.files, t.store, "another");
	for (size_t i = 0; i < PMC_COUNT(cases); i++) {
		PMC_FREE char *text = NULL;

		t.opts.view = cases[i].view;
		t.opts.event = cases[i].event;
		text = export_fixture_text(&t, "csv");
		assert_string_equal(text, cases[i].want);
	}
}

static void without_a_view(void **state)
{
	PMC_FREE char *text = NULL;

	(void)state;
	text = export_fixture_text(&t, "csv");
	assert_memory_equal(text, "session_id,event,module,function,", 33);
	assert_non_null(strstr(text, "1,cpu-clock,prog,work,main.c,20,3,750000,1500000,"));
}

static void refused(void **state)
{
	(void)state;
	t.opts.view = "function_profil";
	export_fixture_fails(&t, "csv", "no view 'function_profil'");
	t.opts.view = "session";	/* a table */
	export_fixture_fails(&t, "csv", "no view 'session'");
	t.opts.view = "health\" --";
	export_fixture_fails(&t, "csv", "no view 'health\" --'");
	t.opts.view = "health";
	t.opts.event = "cpu-clock";
	export_fixture_fails(&t, "csv", "view health has no events to choose from");
	t.opts.event = NULL;
	t.opts.root = "main";
	export_fixture_fails(&t, "csv", "--root does not choose rows of a view");
	t.opts.root = NULL;
	t.opts.from_s = 1;
	export_fixture_fails(&t, "csv", "a window of time does not choose rows of a view");
	t.opts.from_s = 0;
	t.opts.view = "function_profile";
	t.opts.event = "bogus";
	export_fixture_fails(&t, "csv", "no event 'bogus' in session 1");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = { CASE(views), CASE(without_a_view), CASE(refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
