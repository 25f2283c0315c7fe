/*
 * flame.h - a flame graph: what there is to draw, and how it is drawn.
 *
 *   call tree ── flame_build() ──► frames: few enough to draw ── flame_svg() ──► file
 *   (tree.h)                                                     (+ flame.js, flame.css)
 *
 * Frames are in preorder, siblings in the order of the tree: the same session gives the same file.
 * Frame 0 is everything; the frames on it are the roots of the tree. A frame is as wide as its
 * total; what its callees leave of it is its self.
 */
#ifndef PMC_REPORT_FLAME_H
#define PMC_REPORT_FLAME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/tree.h"

#define FLAME_NONE UINT32_MAX

/* What a frame's colour says. */
enum flame_kind {
	FLAME_ALL,	/* frame 0 */
	FLAME_TASK,	/* a thread */
	FLAME_KERNEL,
	FLAME_OWN,	/* the program's own file */
	FLAME_LIBRARY,	/* shared objects, the vdso */
	FLAME_JIT,	/* code made at run time */
	FLAME_UNKNOWN,	/* no mapping owned the address */
	FLAME_KINDS
};

struct flame_frame {
	uint32_t parent;	/* index, below its own; FLAME_NONE: frame 0 */
	uint32_t depth;		/* 0: frame 0 */
	uint32_t function;	/* index of the tree's functions; FLAME_NONE: frame 0 */
	bool inlined;
	int64_t self, total;
	int64_t samples;	/* in it and all above it */
	double start;		/* what lies to the left of it, in values */
};

struct flame {
	const struct tree *tree;		/* borrowed */
	size_t event;
	PMC_ARRAY(struct flame_frame) frames;
	uint32_t rows;				/* highest depth + 1 */
	uint64_t left_out;			/* nodes too small to be kept; those that the
						 * tree has left out without what was below */
	int64_t least;				/* …which all have less than this */
};

/* So many of a tree's largest nodes are drawn, besides those with at least a 10,000th of it all. */
enum { FLAME_LIMIT = 50000, FLAME_ALWAYS = 10000 };

/*
 * Keeps about the `limit` largest nodes of one event; nodes of about the same size are all kept or
 * all left out. A node is never kept without those that it stands on.
 */
void flame_build(struct flame *flame, const struct tree *tree, size_t event, size_t limit);
void flame_fini(struct flame *flame);

enum flame_kind flame_kind_of(const struct tree *tree, const struct tree_function *function);

/* ---- drawing (flame_svg.c) ---- */

struct flame_look {
	const char *title;	/* what was recorded */
	const char *subtitle;	/* event, total, time */
	const char *note;	/* what was chosen or left out; NULL: nothing */
	const char *event;	/* what values are of */
	bool is_time;		/* values are ns */
	bool icicle;		/* frame 0 at the top */
	bool reverse;		/* callers stand on what the samples hit: self says nothing */
	bool html;		/* a page; else a picture */
};

/* Writes the whole file. Texts may hold anything. */
void flame_svg(const struct flame *flame, const struct flame_look *look, FILE *out);

#endif
