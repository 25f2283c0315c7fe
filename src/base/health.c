/*
 * health.c - the words for what can go wrong while recording.
 *
 * Job: one row a figure of enum pmc_health. Not here: counting them (collector, store) and deciding
 * which of them a report shows (report).
 *
 * "error" is for figures that make results wrong or incomplete by an unknown amount; "warning" for
 * those that blur a part of them; "info" for what explains a result but needs no action.
 */
#include "base/health.h"

static const struct pmc_health_text texts[PMC_HEALTH_COUNT] = {
	[PMC_HEALTH_LOST_RECORDS] = { "lost_records", "error",
		"The kernel had no room in a ring buffer and dropped records. Sample less often "
		"(-F 1000), record fewer "
		"CPUs, or allow larger rings: raise kernel.perf_event_mlock_kb." },
	[PMC_HEALTH_LOST_SAMPLES] = { "lost_samples", "error",
		"The kernel or the processor took samples that it could not hand over. Sample less "
		"often: a lower -F or a "
		"higher -c." },
	[PMC_HEALTH_THROTTLED] = { "throttled", "warning",
		"The kernel paused sampling because it took too much time. Sample less often, or "
		"raise "
		"kernel.perf_event_max_sample_rate and kernel.perf_cpu_time_max_percent." },
	[PMC_HEALTH_THROTTLED_NS] = { "throttled_ns", "warning",
		"Time, summed over CPUs, in which the kernel paused sampling and counting: what "
		"ran then is missing. The figure is in nanoseconds." },
	[PMC_HEALTH_STACK_CUT] = { "stack_cut", "info",
		"Samples whose callers end at an address that belongs to nothing mapped: code "
		"built without frame pointers. Self is right all the same, total of outer "
		"functions is low. Record with --call-graph dwarf, or build with "
		"-fno-omit-frame-pointer." },
	[PMC_HEALTH_STACK_DEPTH] = { "stack_depth", "warning",
		"Samples whose callers go deeper than the kernel copies, so the outermost are "
		"missing. Raise "
		"kernel.perf_event_max_stack." },
	[PMC_HEALTH_UNMAPPED] = { "unmapped", "warning",
		"Samples at addresses that no known mapping owned; they count for [unknown]. Start "
		"the program under "
		"pmc record instead of attaching to it." },
	[PMC_HEALTH_UNRESOLVED] = { "unresolved", "warning",
		"Samples in code without a name, shown as [module+0xoffset]. Install the debug "
		"symbols of those modules; "
		"for the kernel, set kernel.kptr_restrict to 0." },
	[PMC_HEALTH_UNKNOWN_TASK] = { "unknown_task", "warning",
		"Samples of threads that no record announced; their names are not known. Usual "
		"causes are lost records "
		"and threads that ended while recording began." },
	[PMC_HEALTH_UNKNOWN_RECORDS] = { "unknown_records", "info",
		"Records of types that this pmc does not know: the kernel is newer. They were left "
		"out; a newer pmc may "
		"read them." },
	[PMC_HEALTH_BAD_RECORDS] = { "bad_records", "error",
		"Records whose bytes contradict themselves; they were left out. Live, this is a "
		"fault of the kernel or of "
		"pmc: please report it. In a file it means damage." },
	[PMC_HEALTH_LATE_SIDEBAND] = { "late_sideband", "warning",
		"News of mappings and tasks that came after samples which needed them; a few "
		"samples may count for the "
		"wrong module or name." },
	[PMC_HEALTH_MULTIPLEXED] = { "multiplexed", "warning",
		"Events that shared a counter and ran for a part of the time; their values are "
		"scaled estimates. Ask for "
		"fewer events at once." },
	[PMC_HEALTH_FALLBACK] = { "fallback", "info",
		"Events that are not what was asked for, because this machine does not have it; "
		"event_summary shows both. "
		"`pmc doctor` says what is missing." },
	[PMC_HEALTH_INTERRUPTED] = { "interrupted", "info",
		"Recording was ended by a signal before its target ended; what was recorded until "
		"then is complete." },
	[PMC_HEALTH_ESTIMATE_ERROR] = { "estimate_error", "info",
		"The largest difference between an event's samples (the sum of their periods) and "
		"what its counters counted, in millionths. Up to one period a thread and CPU is "
		"always missing at the end; more means that samples were lost or came late." },
	[PMC_HEALTH_UNWIND_NO_CFI] = { "unwind_no_cfi", "info",
		"Samples whose callers end in code without unwinding rules and without frame "
		"pointers: code made at run time, or assembly. Self is right all the same." },
	[PMC_HEALTH_UNWIND_SHORT] = { "unwind_short", "warning",
		"Samples whose callers lie further up than the part of the stack that was copied. "
		"Copy more: --call-graph dwarf,16384, up to 65528." },
	[PMC_HEALTH_UNWIND_BAD] = { "unwind_bad", "info",
		"Samples whose callers end at a rule or a return address that cannot be right: a "
		"stack that was overwritten, or code whose rules are wrong." },
	[PMC_HEALTH_UNWIND_NO_FILE] = { "unwind_no_file", "warning",
		"Samples whose callers end in a module whose file could not be read. Record with "
		"the rights to read it, or before it is replaced." },
	[PMC_HEALTH_UNWIND_DEPTH] = { "unwind_depth", "warning",
		"Samples whose callers go deeper than 1024 frames, so the outermost are missing: "
		"deep recursion." },
	[PMC_HEALTH_STACK_MISSING] = { "stack_missing", "info",
		"Samples whose callers in user space the kernel was to tell when the thread "
		"returns there, which it did not: it was still in the kernel at the end, or "
		"records were lost. Self is right all the same, total of outer functions is low." },
	[PMC_HEALTH_FILE_CUT] = { "file_cut", "error",
		"The recording that was read is cut short or damaged: what could be read is here, "
		"the rest is missing." },
	[PMC_HEALTH_FILE_SKIPPED] = { "file_skipped", "info",
		"Records of the recording that was read which tell nothing that is kept." },
	[PMC_HEALTH_UNOWNED] = { "unowned_samples", "error",
		"Samples whose id none of the events has; they were left out. The recording that "
		"was read is damaged." },
	[PMC_HEALTH_NOT_COUNTED] = { "not_counted", "warning",
		"Events that never got a counter, so nothing is known of them. The processor may "
		"not have them, or other programs hold the counters." },
};

const struct pmc_health_text *pmc_health_describe(enum pmc_health figure)
{
	static const struct pmc_health_text unknown = {
		"unknown", "warning", "A figure of a newer pmc.",
	};

	if ((unsigned)figure >= PMC_HEALTH_COUNT || !texts[figure].name)
		return &unknown;
	return &texts[figure];
}
