/*
 * commands.c - the table of commands, in the order in which help and the overview page show them.
 */
#include "cli/commands.h"

#include <stddef.h>
#include <string.h>

const struct pmc_command *const pmc_commands[] = {
	&pmc_command_record,
	&pmc_command_stat,
	&pmc_command_report,
	&pmc_command_flame,
	&pmc_command_export,
	&pmc_command_import,
	&pmc_command_sql,
	&pmc_command_list,
	&pmc_command_doctor,
	&pmc_command_db,
	NULL,
};

const struct pmc_command *pmc_commands_find(const char *name)
{
	for (size_t i = 0; pmc_commands[i]; i++)
		if (!strcmp(pmc_commands[i]->name, name))
			return pmc_commands[i];
	return NULL;
}
