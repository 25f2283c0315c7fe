/*
 * pipeline.c - see pipeline.h. One batch is under way at most, so one slot and one condition do.
 */
#include "cli/pipeline.h"

#include <pthread.h>
#include <signal.h>

#include "base/mem.h"

struct pipeline {
	struct pmc_symbolizer *symbolizer;
	struct pmc_writer *writer;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct pmc_batch *batch; /* waiting or being written; NULL = idle */
	bool ending;
	struct pmc_err err; /* the first failure; nothing is written after it */
};

static void *run(void *arg)
{
	struct pipeline *pipeline = arg;

	pthread_mutex_lock(&pipeline->lock);
	for (;;) {
		struct pmc_batch *batch;
		struct pmc_err err = pipeline->err;

		while (!pipeline->batch && !pipeline->ending)
			pthread_cond_wait(&pipeline->changed, &pipeline->lock);
		batch = pipeline->batch;
		if (!batch)
			break;
		pthread_mutex_unlock(&pipeline->lock);
		if (!pmc_err_is_set(&err)) {
			pmc_symbolizer_resolve(pipeline->symbolizer, batch);
			pmc_writer_write(pipeline->writer, batch, &err);
		}
		pthread_mutex_lock(&pipeline->lock);
		pipeline->err = err;
		pipeline->batch = NULL;
		/* Last, and under the lock: from here on the same batch may be taken again. */
		pmc_batch_done(batch);
		pthread_cond_broadcast(&pipeline->changed);
	}
	pthread_mutex_unlock(&pipeline->lock);
	return NULL;
}

struct pipeline *pipeline_start(struct pmc_symbolizer *symbolizer, struct pmc_writer *writer,
				struct pmc_err *err)
{
	struct pipeline *pipeline = pmc_calloc(1, sizeof(*pipeline));
	sigset_t all, before;
	int failed;

	pipeline->symbolizer = symbolizer;
	pipeline->writer = writer;
	pthread_mutex_init(&pipeline->lock, NULL);
	pthread_cond_init(&pipeline->changed, NULL);
	/* Signals are the collector's: they must wake its poll, not this thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&pipeline->thread, NULL, run, pipeline);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed)
		return pipeline;
	pmc_err_errno(err, failed, "cannot start the writing thread");
	free(pipeline);
	return NULL;
}

int pipeline_take(void *ctx, struct pmc_batch *batch, bool last, struct pmc_err *err)
{
	struct pipeline *pipeline = ctx;
	int result = 0;

	pthread_mutex_lock(&pipeline->lock);
	if (!pmc_err_is_set(&pipeline->err)) {
		pipeline->batch = batch;
		pthread_cond_broadcast(&pipeline->changed);
		while (last && pipeline->batch)
			pthread_cond_wait(&pipeline->changed, &pipeline->lock);
	}
	if (pmc_err_is_set(&pipeline->err)) {
		*err = pipeline->err;
		result = -1;
	}
	pthread_mutex_unlock(&pipeline->lock);
	return result;
}

int pipeline_finish(struct pipeline *pipeline, struct pmc_err *err)
{
	int result = 0;

	if (!pipeline)
		return 0;
	pthread_mutex_lock(&pipeline->lock);
	pipeline->ending = true;
	pthread_cond_broadcast(&pipeline->changed);
	pthread_mutex_unlock(&pipeline->lock);
	pthread_join(pipeline->thread, NULL);
	if (pmc_err_is_set(&pipeline->err)) {
		if (!pmc_err_is_set(err))
			*err = pipeline->err;
		result = -1;
	}
	pthread_cond_destroy(&pipeline->changed);
	pthread_mutex_destroy(&pipeline->lock);
	free(pipeline);
	return result;
}
