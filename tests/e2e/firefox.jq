# firefox.jq - what is not as the processed profile format of the Firefox Profiler, version 48, has
# it: an array of findings; empty: nothing.
#
# As its types say: tables are columns of one length, rows refer to rows that are there, callers come
# first, times do not go back.

def need(name; good): if good then empty else name end;
def is_int: type == "number" and . == floor;
def below(limit): is_int and . >= 0 and . < limit;
def maybe(check): . == null or check;

def table(name; columns):
	. as $table |
	need(name + " has a length"; .length | is_int),
	(columns[] as $column |
		need("\(name).\($column) has as many rows"; $table[$column] | length == $table.length));

def lib:
	need("lib: texts"; all(.name, .debugName, .path, .debugPath, .arch; type == "string")),
	need("lib: breakpadId"; .breakpadId | test("^[0-9A-F]{32}[0-9a-fA-F]+$")),
	need("lib: codeId"; .codeId | maybe(type == "string"));

def meta:
	need("meta: version of the format"; .preprocessedProfileVersion == 48),
	need("meta: numbers"; all(.interval, .startTime, .version, .processType, .stackwalk;
		type == "number")),
	need("meta: interval"; .interval > 0),
	need("meta: time"; .profilingStartTime >= 0 and .profilingEndTime > .profilingStartTime),
	need("meta: texts"; all(.product, .oscpu, .abi, .platform, .misc, .toolkit;
		type == "string")),
	need("meta: one grey category"; [.categories[] | select(.color == "grey")] | length == 1),
	need("meta: categories"; all(.categories[]; (.name | type == "string") and
		(.subcategories | length > 0))),
	need("meta: markerSchema"; .markerSchema | type == "array"),
	need("meta: extra"; all(.extra[]; (.label | type == "string") and
		all(.entries[]; (.label | type == "string") and .format == "string")));

def thread(libs; categories):
	. as $thread |
	(.stringArray | length) as $strings |
	.frameTable.length as $frames | .funcTable.length as $functions |
	.stackTable.length as $stacks | .resourceTable.length as $resources |
	(.samples | table("samples"; ["stack", "time", "weight"])),
	(.stackTable | table("stackTable"; ["frame", "prefix", "category", "subcategory"])),
	(.frameTable | table("frameTable"; ["address", "inlineDepth", "category", "subcategory",
		"func", "nativeSymbol", "innerWindowID", "implementation", "line", "column"])),
	(.funcTable | table("funcTable"; ["name", "isJS", "relevantForJS", "resource", "fileName",
		"lineNumber", "columnNumber"])),
	(.resourceTable | table("resourceTable"; ["lib", "name", "host", "type"])),
	(.markers | table("markers"; ["data", "name", "startTime", "endTime", "phase", "category"])),
	(.nativeSymbols | table("nativeSymbols"; ["libIndex", "address", "name", "functionSize"])),
	need("thread: texts"; all(.name, .processName, .processType, .pid; type == "string")),
	need("thread: tid"; .tid | is_int),
	need("thread: isMainThread"; .isMainThread | type == "boolean"),
	need("thread: times"; all(.registerTime, .processStartupTime; type == "number")),
	need("thread: strings"; all(.stringArray[]; type == "string")),
	need("samples: stack"; all(.samples.stack[]; maybe(below($stacks)))),
	need("samples: order of time"; .samples.time | . == sort),
	need("samples: weights"; all(.samples.weight[]; type == "number" and . >= 0)),
	need("samples: rest has no weight"; .samples | [.weight, .stack] | transpose |
		all(.[]; (.[0] == 0) == (.[1] == null))),
	need("samples: CPU time"; .samples |
		(.threadCPUDelta | length) == (if .weightType == "tracing-ms" then .stack | length
			else 0 end)),
	need("samples: CPU time is what they stand for"; .samples |
		(.threadCPUDelta // [] | add) as $cpu |
		$cpu == null or ((.weight | add) * 1e6 - $cpu | fabs) < 1e3),
	need("samples: weightType"; .samples.weightType | IN("samples", "tracing-ms")),
	need("stackTable: callers first"; .stackTable |
		all(range($stacks) as $i | .prefix[$i] | maybe(below($i)); .)),
	need("stackTable: frames"; all(.stackTable.frame[]; below($frames))),
	need("stackTable: categories"; all(.stackTable.category[]; below(categories))),
	need("frameTable: functions"; all(.frameTable.func[]; below($functions))),
	need("frameTable: addresses"; all(.frameTable.address[]; is_int and . >= -1)),
	need("frameTable: lines"; all(.frameTable.line[]; maybe(is_int and . > 0))),
	need("frameTable: inlineDepth"; all(.frameTable.inlineDepth[]; is_int and . >= 0)),
	need("funcTable: names"; all(.funcTable.name[]; below($strings))),
	need("funcTable: resources"; all(.funcTable.resource[]; . == -1 or below($resources))),
	need("funcTable: files"; all(.funcTable.fileName[]; maybe(below($strings)))),
	need("resourceTable: libs"; all(.resourceTable.lib[]; below(libs))),
	need("resourceTable: names"; all(.resourceTable.name[]; below($strings))),
	need("resourceTable: libraries"; all(.resourceTable.type[]; . == 1));

. as $profile | [
	(.meta | meta),
	need("a thread"; .threads | length > 0),
	need("one main thread of a process"; [.threads[] | select(.isMainThread) | .pid] |
		length == (unique | length)),
	need("samples: within the time"; .meta as $meta | all(.threads[].samples.time[];
		. >= $meta.profilingStartTime and . <= $meta.profilingEndTime)),
	(.libs[] | lib),
	(.threads[] | thread($profile.libs | length; $profile.meta.categories | length))
] | unique
