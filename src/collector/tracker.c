/*
 * tracker.c - see tracker.h.
 */
#include "collector/tracker.h"

#include <stdio.h>
#include <string.h>

/* An ended task keeps its name for this long: the kernel may sample it on its way out. */
enum { LINGER_NS = 1000000000 };

/* Of tids that tracker_tid() makes. */
static const uint32_t NO_TID = 1U << 31;

/* ---- the table of tasks ---- */

static struct task **bucket_of(const struct tracker *tracker, uint32_t tid)
{
	return &tracker->buckets[pmc_hash_u64(tid) & (tracker->buckets_count - 1)];
}

static struct task *find_newest(const struct tracker *tracker, uint32_t tid)
{
	struct task *task = *bucket_of(tracker, tid);

	while (task && task->tid != tid)
		task = task->chain;
	return task;
}

static void grow_buckets(struct tracker *tracker)
{
	struct task **old = tracker->buckets;
	const size_t count = tracker->buckets_count;

	tracker->buckets_count = count ? count * 2 : 256;
	tracker->buckets = pmc_calloc(tracker->buckets_count, sizeof(*tracker->buckets));
	for (size_t i = 0; i < count; i++) {
		for (struct task *task = old[i], *next; task; task = next) {
			struct task **bucket = bucket_of(tracker, task->tid);

			next = task->chain;
			task->chain = *bucket;
			*bucket = task;
		}
	}
	free(old);
}

/* A space that goes may come again at the same address for another image. */
static void release_image(struct tracker *tracker, struct image *image)
{
	if (!image || --image->refs)
		return;
	tracker->generation++;
	space_release(image->space);
	free(image);
}

static void free_versions(struct tracker *tracker, struct task *task)
{
	while (task) {
		struct task *older = task->older;

		release_image(tracker, task->image);
		free(task);
		task = older;
	}
}

/* ---- rows ---- */

static uint64_t session_time(const struct tracker *tracker, uint64_t time)
{
	return time > tracker->start_ns ? time - tracker->start_ns : 0;
}

static void tell_process_end(struct tracker *tracker, const struct image *image)
{
	*pmc_array_add(&tracker->catalog->process_ends) =
		(struct pmc_process_end){ image->row, session_time(tracker, image->end_ns) };
}

static void tell_thread_end(struct tracker *tracker, const struct task *task)
{
	*pmc_array_add(&tracker->catalog->thread_ends) =
		(struct pmc_thread_end){ task->row, session_time(tracker, task->end_ns) };
}

/* A row may be made after its end: records of a round come before its samples. */
static uint32_t process_row(struct tracker *tracker, struct image *image)
{
	if (image->row)
		return image->row;
	image->row = catalog_process(tracker->catalog, &(struct pmc_process_row){
		.pid = image->pid, .ppid = image->ppid, .comm = image->comm,
		.start_ns = session_time(tracker, image->from_ns) });
	if (image->end_ns != UINT64_MAX)
		tell_process_end(tracker, image);
	return image->row;
}

uint32_t tracker_thread_row(struct tracker *tracker, struct task *task)
{
	if (task->row)
		return task->row;
	task->row = catalog_thread(tracker->catalog, &(struct pmc_thread_row){
		.process = process_row(tracker, task->image),
		.tid = task->tid & NO_TID ? UINT32_MAX : task->tid,
		.comm = task->comm, .start_ns = session_time(tracker, task->from_ns) });
	if (task->end_ns != UINT64_MAX)
		tell_thread_end(tracker, task);
	return task->row;
}

/* ---- versions ---- */

static struct image *image_new(uint32_t pid, uint32_t ppid, uint32_t comm, uint64_t time,
			       struct space *space)
{
	struct image *image = pmc_calloc(1, sizeof(*image));

	*image = (struct image){ .refs = 1, .pid = pid, .ppid = ppid, .comm = comm,
				 .from_ns = time, .end_ns = UINT64_MAX, .space = space };
	return image;
}

static void end_version(struct tracker *tracker, struct task *task, uint64_t time)
{
	struct image *image = task->image;

	if (task->end_ns != UINT64_MAX)
		return;
	task->end_ns = time;
	if (task->row)
		tell_thread_end(tracker, task);
	if (--image->running)
		return;
	image->end_ns = time;
	if (image->row)
		tell_process_end(tracker, image);
}

/* Puts a version of `tid` in front, which takes over the reference to `image`. */
static struct task *put_version(struct tracker *tracker, uint32_t tid, struct image *image,
				uint32_t comm, uint64_t time, uint64_t end_ns)
{
	struct task *older, *task = pmc_calloc(1, sizeof(*task));
	struct task **link;

	if (tracker->tasks_count >= tracker->buckets_count)
		grow_buckets(tracker);
	older = find_newest(tracker, tid);
	*task = (struct task){ .tid = tid, .comm = comm, .from_ns = time, .end_ns = end_ns,
			       .image = image, .older = older };
	link = bucket_of(tracker, tid);
	if (older) {
		end_version(tracker, older, time);
		while (*link != older)
			link = &(*link)->chain;
		task->chain = older->chain;
		older->chain = NULL;
		*pmc_array_add(&tracker->versioned) = tid;
	} else {
		task->chain = *link;
		tracker->tasks_count++;
	}
	*link = task;
	return task;
}

/* One that runs from now on. */
static struct task *add_version(struct tracker *tracker, uint32_t tid, struct image *image,
				uint32_t comm, uint64_t time)
{
	image->running++;	/* before the older one's end: a rename does not end the image */
	return put_version(tracker, tid, image, comm, time, UINT64_MAX);
}

struct task *tracker_task(struct tracker *tracker, uint32_t tid, uint64_t time)
{
	struct task *task = find_newest(tracker, tid);

	while (task && task->older && time < task->from_ns)
		task = task->older;
	return task;
}

static struct task *running(struct tracker *tracker, uint32_t tid)
{
	struct task *task = find_newest(tracker, tid);

	return task && task->end_ns == UINT64_MAX ? task : NULL;
}

/* What process `pid` runs; its leader may have ended before its other threads. NULL: not known. */
static struct image *image_of(struct tracker *tracker, uint32_t pid)
{
	const struct task *leader = find_newest(tracker, pid);

	return leader && leader->image->pid == pid && leader->image->running ? leader->image : NULL;
}

struct task *tracker_add_task(struct tracker *tracker, uint32_t pid, uint32_t tid, uint32_t ppid,
			      const char *comm, uint64_t time)
{
	struct image *image = NULL;
	char unknown[32];
	uint32_t name;

	if (tid != pid) {
		image = image_of(tracker, pid);
		if (!image)
			image = tracker_add_task(tracker, pid, pid, ppid, comm, time)->image;
		image->refs++;
	}
	if (!comm) {
		snprintf(unknown, sizeof(unknown), "[tid %d]", (int)tid);
		comm = unknown;
	}
	name = pmc_strings_intern(tracker->catalog->strings, comm);
	if (!image)
		image = image_new(pid, ppid, name, time, space_new());
	return add_version(tracker, tid, image, name, time);
}

struct task *tracker_meet_task(struct tracker *tracker, uint32_t pid, uint32_t tid, uint64_t time)
{
	struct task *leader = tracker_task(tracker, pid, time);
	struct image *image;

	if (tid == tracker_tid(UINT32_MAX, UINT32_MAX))
		return tracker_add_task(tracker, UINT32_MAX, tid, 0, "[exited]", 0);
	if (!leader || leader->image->pid != pid) {
		if (!(tid & NO_TID))
			return tracker_add_task(tracker, pid, tid, 0, NULL, 0);
		leader = tracker_add_task(tracker, pid, pid, 0, NULL, 0);
	}
	image = leader->image;
	if (!(tid & NO_TID) && image->running)
		return tracker_add_task(tracker, pid, tid, 0, NULL, 0);
	/* It ends with what it belongs to, or is about to: nothing will tell. */
	image->refs++;
	*pmc_array_add(&tracker->ended) = tid;
	return put_version(tracker, tid, image, leader->comm, 0,
			   image->running ? time : image->end_ns);
}

/* ---- records ---- */

static bool is_before(const struct tracker *tracker, uint64_t time)
{
	return tracker->tells_before && !time;
}

void tracker_fork(struct tracker *tracker, uint32_t pid, uint32_t ppid, uint32_t tid, uint32_t ptid,
		  uint64_t time)
{
	struct task *parent = running(tracker, ptid);
	struct image *image;

	if (!parent)
		parent = tracker_add_task(tracker, ppid, ptid, 0, NULL, 0);
	if (pid == ppid) {			/* a new thread of the same process */
		image = parent->image;
		image->refs++;
	} else {
		/* Of what was there before, all mappings are told. */
		image = image_new(pid, ppid, parent->comm, time,
				  is_before(tracker, time) ? space_new() :
							     space_share(parent->image->space));
		/* What was replaced in the space that it shares is forgotten for it, too. */
		*pmc_array_add(&tracker->versioned) = tid;
	}
	add_version(tracker, tid, image, parent->comm, time);
}

/*
 * The end of all threads that still run an image which was replaced. Those that exec ends tell it
 * themselves, but a thread that is not the leader and calls exec goes on under the leader's id.
 */
static void end_others(struct tracker *tracker, const struct image *image, uint64_t time)
{
	for (size_t i = 0; i < tracker->buckets_count; i++) {
		for (struct task *task = tracker->buckets[i]; task; task = task->chain) {
			if (task->image != image || task->end_ns != UINT64_MAX)
				continue;
			end_version(tracker, task, time);
			*pmc_array_add(&tracker->ended) = task->tid;
		}
	}
}

static void exec_image(struct tracker *tracker, uint32_t pid, uint32_t tid, uint32_t name,
		       uint64_t time)
{
	struct image *old = image_of(tracker, pid);

	if (old)
		old->refs++;
	add_version(tracker, tid, image_new(pid, old ? old->ppid : 0, name, time, space_new()),
		    name, time);
	if (old && old->running)
		end_others(tracker, old, time);
	release_image(tracker, old);
}

void tracker_comm(struct tracker *tracker, uint32_t pid, uint32_t tid, const char *comm, bool exec,
		  uint64_t time)
{
	const uint32_t name = pmc_strings_intern(tracker->catalog->strings, comm);
	struct task *task = running(tracker, tid);

	if (exec) {
		exec_image(tracker, pid, tid, name, time);
	} else if (!task) {
		tracker_add_task(tracker, pid, tid, 0, comm, time);
	} else if (task->comm != name) {
		/* That of a process that was there before is told as its leader's. */
		if (is_before(tracker, time) && tid == pid && !task->image->row)
			task->image->comm = name;
		task->image->refs++;
		add_version(tracker, tid, task->image, name, time);
	}
}

void tracker_exit(struct tracker *tracker, uint32_t tid, uint64_t time)
{
	struct task *task = running(tracker, tid);

	if (!task)
		return;
	end_version(tracker, task, time);
	*pmc_array_add(&tracker->ended) = tid;
}

/* ---- mappings ---- */

static enum pmc_module_kind kind_of(const char *path)
{
	if (!strcmp(path, "[vdso]"))
		return PMC_MODULE_VDSO;
	/* Huge pages, shared anonymous and System V memory: no file that names could come from. */
	if (path[0] != '/' || !strncmp(path, "//anon", 6) || !strncmp(path, "/dev/zero", 9) ||
	    !strncmp(path, "/anon_hugepage", 14) || !strncmp(path, "/SYSV", 5))
		return PMC_MODULE_ANON;
	return PMC_MODULE_USER;
}

/* The module's name: a path without the mark of a file that was deleted (memfds always bear it). */
static uint32_t name_of(struct tracker *tracker, enum pmc_module_kind kind, const char *path)
{
	static const char DELETED[] = " (deleted)";
	const size_t mark = sizeof(DELETED) - 1;
	size_t len;

	if (kind == PMC_MODULE_ANON && path[0] != '[')
		path = "[anon]";
	len = strlen(path);
	if (len > mark && !strcmp(path + len - mark, DELETED))
		len -= mark;
	return pmc_strings_intern_len(tracker->catalog->strings, path, len);
}

/* The id that came with the mapping, else the one that is listed for its path. */
static void set_build_id(const struct tracker *tracker, struct pmc_module_row *row,
			 const struct tracker_map *map, const char *path)
{
	const struct build_id *listed;

	row->build_id_len = map->build_id_len;
	if (map->build_id_len) {
		memcpy(row->build_id, map->build_id, map->build_id_len);
		return;
	}
	listed = tracker->build_ids ? build_ids_find(tracker->build_ids, path) : NULL;
	if (!listed)
		return;
	row->build_id_len = listed->len;
	memcpy(row->build_id, listed->bytes, listed->len);
}

void tracker_map(struct tracker *tracker, const struct tracker_map *map, uint64_t time)
{
	struct image *image = image_of(tracker, map->pid);
	const enum pmc_module_kind kind = kind_of(map->path);
	struct pmc_module_row module = {
		.path = name_of(tracker, kind, map->path), .kind = kind,
		.pid = tracker->is_foreign ? 0 : map->pid, .map_start = map->start,
		.map_end = map->start + map->len, .map_pgoff = map->pgoff,
	};
	struct mapping mapping = { .start = map->start, .end = map->start + map->len,
				   .from_ns = time, .to_ns = UINT64_MAX };

	if (!image)
		image = tracker_add_task(tracker, map->pid, map->pid, 0, NULL, 0)->image;
	if (kind != PMC_MODULE_ANON)
		set_build_id(tracker, &module, map, map->path);
	tracker->generation++;
	mapping.module = catalog_module(tracker->catalog, &module);
	mapping.bias = kind == PMC_MODULE_USER ? map->start - map->pgoff :
		       kind == PMC_MODULE_ANON ? 0 : map->start;
	space_map(&image->space, &mapping);
	*pmc_array_add(&tracker->versioned) = map->pid;
}

static void map_kernel(struct tracker *tracker, uint32_t module, uint64_t start, uint64_t end,
		       uint64_t bias, uint64_t time)
{
	tracker->generation++;
	space_map(&tracker->kernel, &(struct mapping){ .start = start, .end = end, .bias = bias,
						       .from_ns = time, .module = module });
}

void tracker_kernel(struct tracker *tracker, uint64_t start, uint64_t base)
{
	const struct pmc_module_row row = {
		.path = pmc_strings_intern(tracker->catalog->strings, "[kernel]"),
		.kind = PMC_MODULE_KERNEL, .base = base };

	tracker->kernel_base = base;
	tracker->kernel_start = start;
	map_kernel(tracker, catalog_module(tracker->catalog, &row), start, UINT64_MAX, base, 0);
}

void tracker_kernel_module(struct tracker *tracker, const char *name, uint64_t start, uint64_t size,
			   uint64_t time)
{
	char path[128];
	struct pmc_module_row row = { .kind = PMC_MODULE_KMOD, .base = start };

	snprintf(path, sizeof(path), "[%s]", name);
	row.path = pmc_strings_intern(tracker->catalog->strings, path);
	map_kernel(tracker, catalog_module(tracker->catalog, &row), start, start + size, start,
		   time);
}

/* "/lib/modules/6.1.0/kernel/fs/ext4/ext4.ko.xz" and "[ext4]": "[ext4]". */
static void name_kernel_module(const char *path, char *name, size_t size)
{
	const char *slash = strrchr(path, '/');
	const char *from = slash ? slash + 1 : path, *end;

	from += *from == '[';
	end = strstr(from, ".ko");
	if (!end)
		end = from + strcspn(from, "]");
	snprintf(name, size, "[%.*s]", (int)(end - from), from);
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
}

void tracker_kernel_map(struct tracker *tracker, const struct tracker_map *map, uint64_t time)
{
	static const char IMAGE[] = "[kernel.", GUEST[] = "[guest.";
	const bool is_image = !strncmp(map->path, IMAGE, sizeof(IMAGE) - 1);
	uint64_t start = map->start, end = map->len ? start + map->len : UINT64_MAX;
	struct pmc_module_row row = { .kind = is_image ? PMC_MODULE_KERNEL : PMC_MODULE_KMOD };
	char name[128], listed[128];

	if (!strncmp(map->path, GUEST, sizeof(GUEST) - 1))
		return;
	if (is_image) {
		snprintf(name, sizeof(name), "[kernel]");
		row.base = map->pgoff ? map->pgoff : map->start;
		tracker->kernel_base = row.base;
		/* "[kernel.kallsyms]_text" is listed without the symbol. */
		snprintf(listed, sizeof(listed), "%.*s]", (int)strcspn(map->path, "]"), map->path);
		set_build_id(tracker, &row, map, listed);
	} else {
		name_kernel_module(map->path, name, sizeof(name));
		row.base = map->start;
		set_build_id(tracker, &row, map, map->path);
	}
	/* Told first, it is all that no module will own: its text is not all of its code. */
	if (is_image && space_count(tracker->kernel) <= 1) {
		start = start < tracker->kernel_start ? start : tracker->kernel_start;
		end = UINT64_MAX;
	}
	row.path = pmc_strings_intern(tracker->catalog->strings, name);
	row.file = pmc_strings_intern(tracker->catalog->strings, map->path);
	map_kernel(tracker, catalog_module(tracker->catalog, &row), start, end, row.base, time);
}

void tracker_ksymbol(struct tracker *tracker, const char *name, uint64_t start, uint64_t size,
		     bool unregister, uint64_t time)
{
	/* All code of this kind is one module, its offsets counted from the kernel's base: each
	 * piece keeps an address of its own as long as the system runs. */
	const struct pmc_module_row row = {
		.path = pmc_strings_intern(tracker->catalog->strings, "[bpf]"),
		.kind = PMC_MODULE_KSYM, .base = tracker->kernel_base };
	uint32_t module;

	if (unregister) {
		map_kernel(tracker, 0, start, start + size, 0, time);
		return;
	}
	module = catalog_module(tracker->catalog, &row);
	map_kernel(tracker, module, start, start + size, row.base, time);
	*pmc_array_add(&tracker->catalog->ksyms) = (struct pmc_ksym_row){
		.module = module, .name = pmc_strings_intern(tracker->catalog->strings, name),
		.offset = start - row.base, .size = size };
}

static const struct spot *look_up(struct tracker *tracker, const struct space *space,
				  uint64_t address, uint64_t time, bool is_caller,
				  struct spot *spot)
{
	/* A return address may be the first byte behind its mapping: ask for the call itself. */
	const struct mapping *mapping = space_find(space, address - is_caller, time);

	if (!mapping)
		return NULL;
	*spot = (struct spot){ .space = space,
			       .address = address,
			       .is_caller = is_caller,
			       .from_ns = mapping->from_ns,
			       .module = mapping->module,
			       .offset = address - mapping->bias };
	spot->location =
		catalog_location(tracker->catalog, mapping->module, spot->offset, is_caller);
	/* One that was replaced, or is a little too young for the sample, is looked up each time.
	 */
	if (mapping->to_ns == UINT64_MAX && time >= mapping->from_ns)
		spot->generation = tracker->generation;
	return spot;
}

const struct spot *tracker_spot(struct tracker *tracker, const struct task *task, bool kernel,
				uint64_t address, uint64_t time, bool is_caller)
{
	const struct space *space = kernel ? tracker->kernel : task->image->space;
	const uint64_t hash = ((uint64_t)(uintptr_t)space >> 4 ^ address) * 0x9e3779b97f4a7c15ULL;
	struct spot *spot = &tracker->spots[hash >> 52];

	if (spot->address == address && spot->space == space &&
	    spot->generation == tracker->generation && spot->is_caller == is_caller &&
	    time >= spot->from_ns)
		return spot;
	return look_up(tracker, space, address, time, is_caller, spot);
}

uint32_t tracker_unknown_location(struct tracker *tracker, uint64_t address)
{
	return catalog_location(tracker->catalog, tracker->unknown_module, address, false);
}

/* ---- letting go ---- */

/* Drops versions of a task that only samples before `time` needed. True: look again next time. */
static bool forget_versions(struct tracker *tracker, struct task *task, uint64_t time)
{
	struct task *oldest = task;
	bool more;

	while (oldest->older && oldest->from_ns >= time)
		oldest = oldest->older;
	free_versions(tracker, oldest->older);
	oldest->older = NULL;
	more = oldest != task;
	for (; task; task = task->older)
		more |= space_forget(task->image->space, time) > 0;
	return more;
}

/* May this ended task go? A leader stays while other threads of its process run. */
static bool is_gone(const struct task *task, uint64_t time)
{
	return task->end_ns + LINGER_NS <= time &&
	       (task->tid != task->image->pid || !task->image->running);
}

static int compare_tids(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Sorts, keeps one of each; returns how many are left. */
static size_t unique_tids(uint32_t *tids, size_t count)
{
	size_t kept = 0;

	if (count > 1)
		qsort(tids, count, sizeof(*tids), compare_tids);
	for (size_t i = 0; i < count; i++)
		if (!kept || tids[kept - 1] != tids[i])
			tids[kept++] = tids[i];
	return kept;
}

void tracker_forget(struct tracker *tracker, uint64_t time)
{
	size_t kept = 0;

	space_forget(tracker->kernel, time);
	/* A busy task is told often, and would be told again as often while it is kept. */
	tracker->versioned.count = unique_tids(tracker->versioned.items, tracker->versioned.count);
	for (size_t i = 0; i < tracker->versioned.count; i++) {
		struct task *task = find_newest(tracker, tracker->versioned.items[i]);

		if (task && forget_versions(tracker, task, time))
			tracker->versioned.items[kept++] = task->tid;
	}
	tracker->versioned.count = kept;
	kept = 0;
	for (size_t i = 0; i < tracker->ended.count; i++) {
		const uint32_t tid = tracker->ended.items[i];
		struct task **link = bucket_of(tracker, tid);

		while (*link && (*link)->tid != tid)
			link = &(*link)->chain;
		if (!*link || (*link)->end_ns == UINT64_MAX)
			continue;		/* the tid runs again under another task */
		if (is_gone(*link, time)) {
			struct task *gone = *link;

			*link = gone->chain;
			free_versions(tracker, gone);
			tracker->tasks_count--;
		} else {
			tracker->ended.items[kept++] = tid;
		}
	}
	tracker->ended.count = kept;
}

void tracker_init(struct tracker *tracker, struct catalog *catalog)
{
	const struct pmc_module_row unknown = { .path = pmc_strings_intern(catalog->strings,
									   "[unknown]"),
						.kind = PMC_MODULE_UNKNOWN };

	memset(tracker, 0, sizeof(*tracker));
	tracker->catalog = catalog;
	tracker->kernel = space_new();
	tracker->spots = pmc_calloc(SPOTS, sizeof(*tracker->spots));
	tracker->generation = 1;	/* that of no spot yet */
	tracker->unknown_module = catalog_module(catalog, &unknown);
	grow_buckets(tracker);
	tracker_add_task(tracker, 0, 0, 0, "swapper", 0);
}

void tracker_fini(struct tracker *tracker)
{
	for (size_t i = 0; i < tracker->buckets_count; i++) {
		for (struct task *task = tracker->buckets[i], *next; task; task = next) {
			next = task->chain;
			free_versions(tracker, task);
		}
	}
	free(tracker->buckets);
	free(tracker->spots);
	space_release(tracker->kernel);
	pmc_array_free(&tracker->ended);
	pmc_array_free(&tracker->versioned);
	memset(tracker, 0, sizeof(*tracker));
}
