/*
 * export_gzip.h - a gzip stream into a file that is open.
 */
#ifndef PMC_REPORT_EXPORT_GZIP_H
#define PMC_REPORT_EXPORT_GZIP_H

#include <stddef.h>
#include <stdio.h>

struct gzip;

/* The file is borrowed; its error flag tells of failures. */
struct gzip *gzip_new(FILE *out);
void gzip_write(struct gzip *gzip, const void *data, size_t size);
/* Writes the rest and frees it. */
void gzip_end(struct gzip *gzip);

#endif
