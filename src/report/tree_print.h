/*
 * tree_print.h - the three looks of a loaded tree.
 */
#ifndef PMC_REPORT_TREE_PRINT_H
#define PMC_REPORT_TREE_PRINT_H

#include "report/tree.h"

void tree_text_print(const struct tree *tree, const struct pmc_report_opts *opts, FILE *out);
void tree_csv_print(const struct tree *tree, const struct pmc_report_opts *opts, FILE *out);
void tree_json_print(const struct tree *tree, const struct pmc_report_opts *opts, FILE *out);

#endif
