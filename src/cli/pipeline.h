/*
 * pipeline.h - the thread between the collector and the file: symbolizes and writes batches.
 *
 *   collector's thread                     pipeline's thread
 *   take(batch) ── hands over ──►          resolve names ─► write one transaction ─► batch done
 *   goes on draining rings                 (a slow disk or debug file stalls only this side)
 */
#ifndef PMC_PIPELINE_H
#define PMC_PIPELINE_H

#include "collector/collector.h"
#include "store/store.h"
#include "symbolize/symbolize.h"

struct pipeline;

/* Starts the thread. Symbolizer and writer stay the caller's, but are the thread's until free. */
struct pipeline *pipeline_start(struct pmc_symbolizer *symbolizer, struct pmc_writer *writer,
				struct pmc_err *err);

/* The sink for pmc_collector_run(): ctx is the pipeline. */
int pipeline_take(void *ctx, struct pmc_batch *batch, bool last, struct pmc_err *err);

/* Finishes what is at hand, ends the thread, frees. The first error of the thread goes to err: -1.
 */
int pipeline_finish(struct pipeline *pipeline, struct pmc_err *err);

#endif
