/*
 * session_begin.c - see session_begin.h.
 */
#include "cli/session_begin.h"

#include <string.h>
#include <unistd.h>

#include "collector/collector.h"

void session_facts_init(struct session_facts *facts, const char *label)
{
	memset(facts, 0, sizeof(*facts));
	uname(&facts->uts);
	pmc_machine_cpu_name(facts->cpu, sizeof(facts->cpu));
	facts->info = (struct pmc_session_info){
		.label = label,
		.hostname = facts->uts.nodename,
		.kernel = facts->uts.release,
		.arch = facts->uts.machine,
		.cpu = facts->cpu,
		.cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
		.recorder_pid = (uint32_t)getpid(),
		.pmc_version = PMC_VERSION,
	};
}

int session_begin(const struct session_facts *facts, const char *db, struct pmc_store **store,
		  struct pmc_writer **writer, int64_t *session, struct pmc_err *err)
{
	*store = pmc_store_open(db, PMC_STORE_CREATE, err);
	if (!*store)
		return -1;
	*writer = pmc_writer_begin(*store, &facts->info, session, err);
	return *writer ? 0 : -1;
}
