# chrome.jq - what is not as the Trace Event Format has it: an array of findings; empty: nothing.
#
# Besides, what pmc says of its traces: bars of a thread lie inside one another or side by side, and
# inside of their slice, exactly so where sums are made as JavaScript makes them; threads and
# processes have one name each.

def need(name; good): if good then empty else name end;

def event:
	need("phase"; .ph | IN("X", "C", "M")),
	need("numbers of process and thread"; all(.pid, .tid; type == "number")),
	need("name"; .name | type == "string"),
	need("args"; .args | type == "object"),
	if .ph == "M" then
		need("metadata"; .name | IN("process_name", "thread_name")),
		need("metadata: name"; .args.name | type == "string")
	else
		need("ts"; .ts | type == "number" and . >= 0)
	end,
	if .ph == "X" then
		need("ts: 0 is no time to Chromium"; .ts > 0),
		need("dur"; .dur | type == "number" and . > 0),
		need("category"; .cat | type == "string")
	else empty end,
	if .ph == "C" then need("counter"; all(.args[]; type == "number")) else empty end;

# Ends of the bars that are open at each bar.
def nested:
	reduce .[] as $bar ({open: [], good: true};
		$bar.ts as $from | ($bar.ts + $bar.dur) as $to |
		.open |= map(select(. > $from)) |
		.good = (.good and all(.open[]; $to <= .)) |
		.open += [$to]) | .good;

def in_slice(us): (.ts / us | floor) as $slice | .ts + .dur <= ($slice + 1) * us;

. as $trace | [
	need("displayTimeUnit"; .displayTimeUnit | IN("ms", "ns")),
	need("otherData"; .otherData | type == "object"),
	(.traceEvents[] | event),
	([.traceEvents[] | select(.ph == "X")] | group_by([.pid, .tid])[] |
		need("bars of a thread are nested"; nested)),
	need("one name each"; [.traceEvents[] | select(.ph == "M") | [.name, .pid, .tid]] |
		length == (unique | length)),
	need("bars lie in slices"; ($trace.otherData.slice_ns | tonumber / 1000) as $us |
		all(.traceEvents[] | select(.ph == "X"); in_slice($us)))
] | unique
