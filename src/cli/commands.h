/*
 * commands.h - the commands of pmc: one row each, defined in cmd_<name>.c, listed in commands.c.
 */
#ifndef PMC_COMMANDS_H
#define PMC_COMMANDS_H

#include "cli/option.h"

extern const struct pmc_command pmc_command_record;
extern const struct pmc_command pmc_command_stat;
extern const struct pmc_command pmc_command_report;
extern const struct pmc_command pmc_command_flame;
extern const struct pmc_command pmc_command_export;
extern const struct pmc_command pmc_command_import;
extern const struct pmc_command pmc_command_sql;
extern const struct pmc_command pmc_command_list;
extern const struct pmc_command pmc_command_doctor;
extern const struct pmc_command pmc_command_db;

/* The command of that name, or NULL. */
const struct pmc_command *pmc_commands_find(const char *name);

#endif
