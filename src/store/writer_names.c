/*
 * writer_names.c - names: what is shared by the sessions of a file, and the addresses that have
 * them.
 *
 * Job: find or add modules, files and functions; add locations and the sites they were inlined at.
 * Not here: looking names up (symbolize/), stacks and costs (writer_costs.c).
 *
 *   location ─► innermost function ─► module, file
 *      └──────► inline site ─► function     (one row for all addresses inlined by the same calls)
 *                   └─ outer ─► inline site ─► …
 *
 * Shared rows are added only together with a row that refers to them, in the same transaction: a
 * deletion of other sessions removes shared rows that nobody refers to, and must not take ours.
 */
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/mem.h"
#include "store/writer.h"

/* Deeper chains of inlining are cut: the views keep the level in 6 bits. */
#define SITES_MAX 62

/* Last part of a path; names in brackets are kept as they are. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] && path[0] != '[' ? slash + 1 : path;
}

static int find_module(struct pmc_writer *writer, uint32_t id, int64_t *db_id, struct pmc_err *err)
{
	static const char *const kinds[] = {
		[PMC_MODULE_USER] = "user", [PMC_MODULE_VDSO] = "vdso", [PMC_MODULE_ANON] = "anon",
		[PMC_MODULE_KERNEL] = "kernel", [PMC_MODULE_KMOD] = "kernel module",
		[PMC_MODULE_KSYM] = "kernel code", [PMC_MODULE_UNKNOWN] = "unknown",
	};
	struct writer_module *module = &writer->modules.items[id - 1];
	const char *path = writer_text(writer, module->row.path);
	const char *kind =
		(unsigned)module->row.kind < PMC_COUNT(kinds) ? kinds[module->row.kind] : "unknown";
	char build_id[2 * PMC_BUILD_ID_MAX + 1];
	sqlite3_stmt *stmt;

	*db_id = module->db_id;
	if (*db_id)
		return 0;
	pmc_format_hex(build_id, module->row.build_id, module->row.build_id_len);
	stmt = writer_statement(writer, FIND_MODULE);
	sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, build_id, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, kind, -1, SQLITE_STATIC);
	if (writer_lookup(writer, stmt, db_id, err))
		return -1;
	if (!*db_id) {
		stmt = writer_statement(writer, ADD_MODULE);
		sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, base_name(path), -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 3, build_id, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 4, kind, -1, SQLITE_STATIC);
		if (writer_insert(writer, stmt, db_id, err))
			return -1;
	}
	module->db_id = *db_id;
	return 0;
}

/* Database id of a file by its name id; 0 for none. */
static int find_file(struct pmc_writer *writer, uint32_t name, int64_t *db_id, struct pmc_err *err)
{
	const char *path = name ? pmc_strings_get(writer->names, name) : "";
	sqlite3_stmt *stmt;

	*db_id = 0;
	if (!*path)
		return 0;
	while (writer->files.count <= name)
		*pmc_array_add(&writer->files) = 0;
	*db_id = writer->files.items[name];
	if (*db_id)
		return 0;
	stmt = writer_statement(writer, FIND_FILE);
	sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
	if (writer_lookup(writer, stmt, db_id, err))
		return -1;
	if (!*db_id) {
		stmt = writer_statement(writer, ADD_FILE);
		sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
		if (writer_insert(writer, stmt, db_id, err))
			return -1;
	}
	writer->files.items[name] = *db_id;
	return 0;
}

static void bind_function(sqlite3_stmt *stmt, const struct writer_function *function,
			  const char *name, int64_t file)
{
	uint64_t hash = name ? pmc_hash_bytes(name, strlen(name)) : function->offset;

	hash = pmc_hash_2(pmc_hash_2(hash, (uint64_t)function->module),
			  pmc_hash_2((uint64_t)file, function->line));
	sqlite3_bind_int64(stmt, 1, function->module);
	if (name)
		sqlite3_bind_text(stmt, 2, name, -1, SQLITE_STATIC);
	else
		sqlite3_bind_int64(stmt, 3, (int64_t)function->offset);
	if (file)
		sqlite3_bind_int64(stmt, 4, file);
	if (function->line)
		sqlite3_bind_int64(stmt, 5, function->line);
	sqlite3_bind_int64(stmt, 6, (int64_t)(hash >> 33));
}

/* Index of the function in writer->functions; added there and in the file where it is new. */
static int find_function(struct pmc_writer *writer, struct writer_function key, uint32_t *index,
			 struct pmc_err *err)
{
	const char *name = key.name ? pmc_strings_get(writer->names, key.name) : "";
	struct writer_function *function;
	uint32_t step = 0;
	uint64_t hash;
	int64_t file;
	sqlite3_stmt *stmt;

	if (*name)
		key.offset = 0;
	else
		key.name = key.file = key.line = 0;
	hash = pmc_hash_2(pmc_hash_2((uint64_t)key.module << 32 | key.name, key.offset),
			  (uint64_t)key.file << 32 | key.line);
	while ((*index = pmc_index_next(&writer->function_index, hash, &step)) != UINT32_MAX) {
		function = &writer->functions.items[*index];
		if (function->module == key.module && function->name == key.name &&
		    function->offset == key.offset && function->file == key.file &&
		    function->line == key.line)
			return 0;
	}
	if (find_file(writer, key.file, &file, err))
		return -1;
	stmt = writer_statement(writer, FIND_FUNCTION);
	bind_function(stmt, &key, *name ? name : NULL, file);
	if (writer_lookup(writer, stmt, &key.db_id, err))
		return -1;
	if (!key.db_id) {
		stmt = writer_statement(writer, ADD_FUNCTION);
		bind_function(stmt, &key, *name ? name : NULL, file);
		if (writer_insert(writer, stmt, &key.db_id, err))
			return -1;
	}
	*index = (uint32_t)writer->functions.count;
	*pmc_array_add(&writer->functions) = key;
	pmc_index_add(&writer->function_index, hash, *index);
	return 0;
}

/* Id (index + 1) of the site; added where it is new. */
static int find_site(struct pmc_writer *writer, struct writer_site key, uint32_t *id,
		     struct pmc_err *err)
{
	const uint64_t hash = pmc_hash_2((uint64_t)key.outer << 32 | key.function,
					 (uint64_t)key.file << 32 | key.line);
	uint32_t step = 0, index;
	int64_t file;
	sqlite3_stmt *stmt;

	while ((index = pmc_index_next(&writer->site_index, hash, &step)) != UINT32_MAX) {
		const struct writer_site *site = &writer->sites.items[index];

		*id = index + 1;
		if (site->outer == key.outer && site->function == key.function &&
		    site->file == key.file && site->line == key.line)
			return 0;
	}
	if (find_file(writer, key.file, &file, err))
		return -1;
	stmt = writer_statement(writer, ADD_SITE);
	sqlite3_bind_int64(stmt, 1, writer->session_id);
	if (key.outer)
		sqlite3_bind_int64(stmt, 2, writer->sites.items[key.outer - 1].db_id);
	sqlite3_bind_int64(stmt, 3, writer->functions.items[key.function].db_id);
	if (file)
		sqlite3_bind_int64(stmt, 4, file);
	if (key.line)
		sqlite3_bind_int64(stmt, 5, key.line);
	if (writer_insert(writer, stmt, &key.db_id, err))
		return -1;
	index = (uint32_t)writer->sites.count;
	*pmc_array_add(&writer->sites) = key;
	pmc_index_add(&writer->site_index, hash, index);
	*id = index + 1;
	return 0;
}

/*
 * Finds the functions of all frames (into writer->frames) and, outermost first, the sites around
 * the innermost.
 */
static int write_frames(struct pmc_writer *writer, int64_t module,
			const struct pmc_location_row *row, const struct pmc_frame *frames,
			size_t count, uint32_t *site, struct pmc_err *err)
{
	const size_t first = writer->frames.count;

	*site = 0;
	for (size_t i = 0; i < count; i++) {
		struct writer_function key = {
			.module = module, .offset = row->offset - frames[i].into,
			.name = frames[i].function,
			.file = frames[i].function_file, .line = frames[i].function_line,
		};
		uint32_t function;

		if (find_function(writer, key, &function, err))
			return -1;
		*pmc_array_add(&writer->frames) = function;
	}
	for (size_t i = count; i-- > 1;) {
		struct writer_site key = {
			.outer = *site, .function = writer->frames.items[first + i],
			.file = frames[i].file, .line = frames[i].line,
		};

		if (find_site(writer, key, site, err))
			return -1;
	}
	return 0;
}

static int write_location(struct pmc_writer *writer, const struct pmc_location_row *row,
			  const struct pmc_frame *frames, size_t count, struct pmc_err *err)
{
	struct writer_location location = { .first = (uint32_t)writer->frames.count };
	int64_t module, file;
	uint32_t site;
	sqlite3_stmt *stmt;

	if (count > SITES_MAX)
		count = SITES_MAX;
	if (find_module(writer, row->module, &module, err) ||
	    write_frames(writer, module, row, frames, count, &site, err) ||
	    find_file(writer, frames[0].file, &file, err))
		return -1;
	location.count = (uint32_t)count;
	location.unresolved = !writer->functions.items[writer->frames.items[location.first]].name;
	stmt = writer_statement(writer, ADD_LOCATION);
	sqlite3_bind_int64(stmt, 1, writer->session_id);
	sqlite3_bind_int64(stmt, 2, module);
	sqlite3_bind_int64(stmt, 3, (int64_t)row->offset);
	sqlite3_bind_int64(stmt, 4, row->is_caller);
	sqlite3_bind_int64(stmt, 5,
			   writer->functions.items[writer->frames.items[location.first]].db_id);
	if (file)
		sqlite3_bind_int64(stmt, 6, file);
	if (frames[0].line)
		sqlite3_bind_int64(stmt, 7, frames[0].line);
	if (site)
		sqlite3_bind_int64(stmt, 8, writer->sites.items[site - 1].db_id);
	if (writer_insert(writer, stmt, &location.db_id, err))
		return -1;
	*pmc_array_add(&writer->locations) = location;
	return 0;
}

/* A symbolizer that starts a new pool gives old ids new meanings: forget what was found by them. */
static void follow_names(struct pmc_writer *writer, const struct pmc_strings *names)
{
	if (!names || names == writer->names)
		return;
	if (writer->names) {
		pmc_index_clear(&writer->function_index);
		pmc_index_clear(&writer->site_index);
		writer->files.count = 0;
	}
	writer->names = names;
}

int writer_write_locations(struct pmc_writer *writer, const struct pmc_batch *batch,
			   struct pmc_err *err)
{
	static const struct pmc_frame nameless = { 0 };

	follow_names(writer, batch->names);
	for (size_t i = 0; i < batch->locations_count; i++) {
		const bool named = batch->frame_first && batch->names;
		const struct pmc_frame *frames =
			named ? &batch->frames[batch->frame_first[i]] : &nameless;
		const size_t count = named ? batch->frame_first[i + 1] - batch->frame_first[i] : 1;

		if (write_location(writer, &batch->locations[i], frames, count, err))
			return -1;
	}
	return 0;
}

void writer_free_names(struct pmc_writer *writer)
{
	pmc_array_free(&writer->modules);
	pmc_array_free(&writer->files);
	pmc_array_free(&writer->functions);
	pmc_array_free(&writer->sites);
	pmc_array_free(&writer->locations);
	pmc_array_free(&writer->frames);
	pmc_index_fini(&writer->function_index);
	pmc_index_fini(&writer->site_index);
}
