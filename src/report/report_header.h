/*
 * report_header.h - the lines above the table of a text report.
 */
#ifndef PMC_REPORT_HEADER_H
#define PMC_REPORT_HEADER_H

#include "report/profile.h"

void report_header(const struct profile *profile, const struct pmc_style *style, FILE *out);

#endif
