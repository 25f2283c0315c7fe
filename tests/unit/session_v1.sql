-- A session file of schema version 1 as pmc 0.1.0 wrote it: the small session of store_fixture.h,
-- twice. What later versions make of such files is tested against it; it is not to be changed.
PRAGMA application_id = 1886217009;
PRAGMA user_version = 1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE session (
	id INTEGER PRIMARY KEY,
	label TEXT,
	command TEXT NOT NULL,
	hostname TEXT NOT NULL,
	kernel TEXT NOT NULL,
	cpu TEXT NOT NULL,
	arch TEXT NOT NULL,
	cpus INTEGER NOT NULL,
	started_at_ns INTEGER NOT NULL,
	slice_ns INTEGER NOT NULL,
	duration_ns INTEGER NOT NULL,
	heartbeat_ns INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('recording', 'finished', 'interrupted')),
	recorder_pid INTEGER NOT NULL,
	pmc_version TEXT NOT NULL,
	callgraph TEXT NOT NULL
) STRICT;
INSERT INTO session VALUES(1,'one','./prog ''a b''','host','6.1','Test CPU','x86_64',2,1700000000123456789,100000000,300000000,1795256688758991627,'finished',42,'0.0','fp');
INSERT INTO session VALUES(2,'two','./prog ''a b''','host','6.1','Test CPU','x86_64',2,1700000000123456789,100000000,300000000,1795256688761612827,'finished',42,'0.0','fp');
CREATE TABLE event (
	id INTEGER PRIMARY KEY,
	session_id INTEGER NOT NULL REFERENCES session,
	name TEXT NOT NULL,
	requested TEXT NOT NULL,
	unit TEXT NOT NULL CHECK (unit IN ('count', 'ns')),
	mode TEXT NOT NULL CHECK (mode IN ('period', 'frequency')),
	period_or_hz INTEGER NOT NULL,
	fallback TEXT,
	enabled_ns INTEGER NOT NULL,
	running_ns INTEGER NOT NULL,
	counted INTEGER NOT NULL,
	lost_samples INTEGER NOT NULL,
	samples INTEGER NOT NULL,
	value INTEGER NOT NULL
) STRICT;
INSERT INTO event VALUES(1,1,'cpu-clock','cpu-clock','ns','frequency',4000,NULL,100000000,100000000,2760000,0,11,2750000);
INSERT INTO event VALUES(2,1,'instructions','instructions','count','period',1000,NULL,100000000,50000000,2100,0,2,2001);
INSERT INTO event VALUES(3,2,'cpu-clock','cpu-clock','ns','frequency',4000,NULL,100000000,100000000,2760000,0,11,2750000);
INSERT INTO event VALUES(4,2,'instructions','instructions','count','period',1000,NULL,100000000,50000000,2100,0,2,2001);
CREATE TABLE module (
	id INTEGER PRIMARY KEY,
	path TEXT NOT NULL,
	name TEXT NOT NULL,
	build_id TEXT NOT NULL,
	kind TEXT NOT NULL
) STRICT;
INSERT INTO module VALUES(1,'/opt/bin/prog','prog','','user');
CREATE TABLE file (
	id INTEGER PRIMARY KEY,
	path TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO file VALUES(1,'main.c');
INSERT INTO file VALUES(2,'tiny.h');
CREATE TABLE function (
	id INTEGER PRIMARY KEY,
	module_id INTEGER NOT NULL REFERENCES module,
	name TEXT,
	offset INTEGER,
	file_id INTEGER REFERENCES file,
	line INTEGER,
	hash INTEGER NOT NULL
) STRICT;
INSERT INTO function VALUES(1,1,'main',NULL,1,10,377417102);
INSERT INTO function VALUES(2,1,'work',NULL,1,20,709759463);
INSERT INTO function VALUES(3,1,'tiny',NULL,2,NULL,174885672);
INSERT INTO function VALUES(4,1,'rec',NULL,1,30,916938649);
INSERT INTO function VALUES(5,1,NULL,153,NULL,NULL,974540377);
CREATE TABLE process (
	id INTEGER PRIMARY KEY,
	session_id INTEGER NOT NULL REFERENCES session,
	pid INTEGER NOT NULL,
	ppid INTEGER NOT NULL,
	comm TEXT NOT NULL,
	start_ns INTEGER NOT NULL,
	end_ns INTEGER
) STRICT;
INSERT INTO process VALUES(1,1,100,1,'prog',0,260000000);
INSERT INTO process VALUES(2,2,100,1,'prog',0,260000000);
CREATE TABLE thread (
	id INTEGER PRIMARY KEY,
	process_id INTEGER NOT NULL REFERENCES process,
	tid INTEGER NOT NULL,
	comm TEXT NOT NULL,
	start_ns INTEGER NOT NULL,
	end_ns INTEGER
) STRICT;
INSERT INTO thread VALUES(1,1,100,'prog',0,NULL);
INSERT INTO thread VALUES(2,1,101,'worker',0,250000000);
INSERT INTO thread VALUES(3,2,100,'prog',0,NULL);
INSERT INTO thread VALUES(4,2,101,'worker',0,250000000);
CREATE TABLE inline_site (
	id INTEGER PRIMARY KEY,
	session_id INTEGER NOT NULL REFERENCES session,
	outer_id INTEGER REFERENCES inline_site,
	function_id INTEGER NOT NULL REFERENCES function,
	file_id INTEGER REFERENCES file,
	line INTEGER
) STRICT;
INSERT INTO inline_site VALUES(1,1,NULL,2,1,27);
INSERT INTO inline_site VALUES(2,2,NULL,2,1,27);
CREATE TABLE location (
	id INTEGER PRIMARY KEY,
	session_id INTEGER NOT NULL REFERENCES session,
	module_id INTEGER NOT NULL REFERENCES module,
	offset INTEGER NOT NULL,
	is_caller INTEGER NOT NULL,
	function_id INTEGER NOT NULL REFERENCES function,
	file_id INTEGER REFERENCES file,
	line INTEGER,
	site_id INTEGER REFERENCES inline_site
) STRICT;
INSERT INTO location VALUES(1,1,1,16,0,1,1,12,NULL);
INSERT INTO location VALUES(2,1,1,32,0,2,1,25,NULL);
INSERT INTO location VALUES(3,1,1,40,0,3,2,5,1);
INSERT INTO location VALUES(4,1,1,48,0,4,1,38,NULL);
INSERT INTO location VALUES(5,1,1,153,0,5,NULL,NULL,NULL);
INSERT INTO location VALUES(6,2,1,16,0,1,1,12,NULL);
INSERT INTO location VALUES(7,2,1,32,0,2,1,25,NULL);
INSERT INTO location VALUES(8,2,1,40,0,3,2,5,2);
INSERT INTO location VALUES(9,2,1,48,0,4,1,38,NULL);
INSERT INTO location VALUES(10,2,1,153,0,5,NULL,NULL,NULL);
CREATE TABLE stack (
	id INTEGER PRIMARY KEY,
	parent_id INTEGER REFERENCES stack,
	location_id INTEGER NOT NULL REFERENCES location,
	depth INTEGER NOT NULL
) STRICT;
INSERT INTO stack VALUES(1,NULL,1,1);
INSERT INTO stack VALUES(2,1,4,2);
INSERT INTO stack VALUES(3,2,4,3);
INSERT INTO stack VALUES(4,NULL,6,1);
INSERT INTO stack VALUES(5,4,9,2);
INSERT INTO stack VALUES(6,5,9,3);
CREATE TABLE cost (
	event_id INTEGER NOT NULL REFERENCES event,
	id INTEGER NOT NULL,
	thread_id INTEGER NOT NULL REFERENCES thread,
	stack_id INTEGER REFERENCES stack,
	location_id INTEGER NOT NULL REFERENCES location,
	samples INTEGER NOT NULL,
	value INTEGER NOT NULL,
	PRIMARY KEY (event_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO cost VALUES(1,1,1,1,2,3,750000);
INSERT INTO cost VALUES(1,2,1,1,3,3,750000);
INSERT INTO cost VALUES(1,3,1,3,4,4,1000000);
INSERT INTO cost VALUES(1,4,2,NULL,5,1,250000);
INSERT INTO cost VALUES(2,1,1,1,2,2,2001);
INSERT INTO cost VALUES(3,1,3,4,7,3,750000);
INSERT INTO cost VALUES(3,2,3,4,8,3,750000);
INSERT INTO cost VALUES(3,3,3,6,9,4,1000000);
INSERT INTO cost VALUES(3,4,4,NULL,10,1,250000);
INSERT INTO cost VALUES(4,1,3,4,7,2,2001);
CREATE TABLE function_cost (
	event_id INTEGER NOT NULL REFERENCES event,
	function_id INTEGER NOT NULL REFERENCES function,
	samples INTEGER NOT NULL,
	self INTEGER NOT NULL,
	total_samples INTEGER NOT NULL,
	total INTEGER NOT NULL,
	PRIMARY KEY (event_id, function_id)
) STRICT, WITHOUT ROWID;
INSERT INTO function_cost VALUES(1,1,0,0,10,2500000);
INSERT INTO function_cost VALUES(1,2,3,750000,6,1500000);
INSERT INTO function_cost VALUES(1,3,3,750000,3,750000);
INSERT INTO function_cost VALUES(1,4,4,1000000,4,1000000);
INSERT INTO function_cost VALUES(1,5,1,250000,1,250000);
INSERT INTO function_cost VALUES(2,1,0,0,2,2001);
INSERT INTO function_cost VALUES(2,2,2,2001,2,2001);
INSERT INTO function_cost VALUES(3,1,0,0,10,2500000);
INSERT INTO function_cost VALUES(3,2,3,750000,6,1500000);
INSERT INTO function_cost VALUES(3,3,3,750000,3,750000);
INSERT INTO function_cost VALUES(3,4,4,1000000,4,1000000);
INSERT INTO function_cost VALUES(3,5,1,250000,1,250000);
INSERT INTO function_cost VALUES(4,1,0,0,2,2001);
INSERT INTO function_cost VALUES(4,2,2,2001,2,2001);
CREATE TABLE slice (
	id INTEGER PRIMARY KEY,
	event_id INTEGER NOT NULL REFERENCES event,
	slice INTEGER NOT NULL,
	period INTEGER,
	entries TEXT NOT NULL,
	vals TEXT
) STRICT;
INSERT INTO slice VALUES(1,1,0,250000,'[1,-2,1,-1]',NULL);
INSERT INTO slice VALUES(2,2,0,NULL,'[1,-1]','[1000,1001]');
INSERT INTO slice VALUES(3,1,1,250000,'[2,1,-3]',NULL);
INSERT INTO slice VALUES(4,1,2,250000,'[4]',NULL);
INSERT INTO slice VALUES(5,3,0,250000,'[1,-2,1,-1]',NULL);
INSERT INTO slice VALUES(6,4,0,NULL,'[1,-1]','[1000,1001]');
INSERT INTO slice VALUES(7,3,1,250000,'[2,1,-3]',NULL);
INSERT INTO slice VALUES(8,3,2,250000,'[4]',NULL);
CREATE TABLE figure (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	severity TEXT NOT NULL,
	advice TEXT NOT NULL
) STRICT;
INSERT INTO figure VALUES(1,'lost_records','error','The kernel had no room in a ring buffer and dropped records. Sample less often (-F 1000), record fewer CPUs, or allow larger rings: raise kernel.perf_event_mlock_kb.');
INSERT INTO figure VALUES(2,'lost_samples','error','The kernel or the processor took samples that it could not hand over. Sample less often: a lower -F or a higher -c.');
INSERT INTO figure VALUES(3,'throttled','warning','The kernel paused sampling because it took too much time. Sample less often, or raise kernel.perf_event_max_sample_rate and kernel.perf_cpu_time_max_percent.');
INSERT INTO figure VALUES(4,'throttled_ns','warning','Nanoseconds, summed over CPUs, in which the kernel paused sampling: what ran then is missing.');
INSERT INTO figure VALUES(5,'stack_cut','info','Samples whose callers end at an address that belongs to nothing mapped: code built without frame pointers. Build with -fno-omit-frame-pointer; self is right all the same, total of outer functions is low.');
INSERT INTO figure VALUES(6,'stack_depth','warning','Samples whose callers go deeper than the kernel copies, so the outermost are missing. Raise kernel.perf_event_max_stack.');
INSERT INTO figure VALUES(7,'unmapped','warning','Samples at addresses that no known mapping owned; they count for [unknown]. Start the program under pmc record instead of attaching to it.');
INSERT INTO figure VALUES(8,'unresolved','warning','Samples in code without a name, shown as [module+0xoffset]. Install the debug symbols of those modules; for the kernel, set kernel.kptr_restrict to 0.');
INSERT INTO figure VALUES(9,'unknown_task','warning','Samples of threads that no record announced; their names are not known. Usual causes are lost records and threads that ended while recording began.');
INSERT INTO figure VALUES(10,'unknown_records','info','Records of types that this pmc does not know: the kernel is newer. They were left out; a newer pmc may read them.');
INSERT INTO figure VALUES(11,'bad_records','error','Records whose bytes contradict themselves; they were left out. Live, this is a fault of the kernel or of pmc: please report it. In a file it means damage.');
INSERT INTO figure VALUES(12,'late_sideband','warning','News of mappings and tasks that came after samples which needed them; a few samples may count for the wrong module or name.');
INSERT INTO figure VALUES(13,'multiplexed','warning','Events that shared a counter and ran for a part of the time; their values are scaled estimates. Ask for fewer events at once.');
INSERT INTO figure VALUES(14,'fallback','info','Events that are not what was asked for, because this machine does not have it; event_summary shows both. `pmc doctor` says what is missing.');
INSERT INTO figure VALUES(15,'interrupted','info','Recording was ended by a signal before its target ended; what was recorded until then is complete.');
CREATE TABLE session_health (
	session_id INTEGER NOT NULL REFERENCES session,
	figure_id INTEGER NOT NULL REFERENCES figure,
	value INTEGER NOT NULL,
	PRIMARY KEY (session_id, figure_id)
) STRICT, WITHOUT ROWID;
INSERT INTO session_health VALUES(1,1,5);
INSERT INTO session_health VALUES(1,8,1);
INSERT INTO session_health VALUES(1,13,1);
INSERT INTO session_health VALUES(2,1,5);
INSERT INTO session_health VALUES(2,8,1);
INSERT INTO session_health VALUES(2,13,1);
CREATE TABLE loss (
	id INTEGER PRIMARY KEY,
	session_id INTEGER NOT NULL REFERENCES session,
	figure_id INTEGER NOT NULL REFERENCES figure,
	cpu INTEGER NOT NULL,
	slice INTEGER NOT NULL,
	count INTEGER NOT NULL
) STRICT;
INSERT INTO loss VALUES(1,1,1,1,2,5);
INSERT INTO loss VALUES(2,2,1,1,2,5);
CREATE INDEX event_session ON event (session_id);
CREATE UNIQUE INDEX module_key ON module (path, build_id, kind);
CREATE INDEX function_hash ON function (hash);
CREATE INDEX process_session ON process (session_id);
CREATE INDEX slice_event ON slice (event_id, slice);
CREATE INDEX loss_session ON loss (session_id);
CREATE VIEW event_scale (event_id,session_id,event,samples,value,scale) AS
SELECT id, session_id, name, samples, value,
	iif(running_ns > 0 AND running_ns < enabled_ns,
		1.0 * enabled_ns / running_ns, NULL)
FROM event;
CREATE VIEW function_name (function_id,module_id,module,function,file,line,resolved) AS
SELECT f.id, m.id, m.name,
	coalesce(f.name, printf('[%s+0x%x]', trim(m.name, '[]'), f.offset)),
	p.path, f.line, f.name IS NOT NULL
FROM function f JOIN module m ON m.id = f.module_id
LEFT JOIN file p ON p.id = f.file_id;
CREATE VIEW slice_cost (session_id,event,event_id,slice_ns,cost_id,samples,value) AS
SELECT session_id, name, event_id, slice_ns, cost_id, iif(step > 0, 1, -step),
	coalesce(period * iif(step > 0, 1, -step), value)
FROM (SELECT e.session_id, e.name, s.event_id, s.slice * x.slice_ns AS slice_ns,
		s.period, j.value AS step,
		json_extract(s.vals, '$[' || j.key || ']') AS value,
		sum(max(j.value, 0)) OVER (
			PARTITION BY s.event_id, s.slice * x.slice_ns, s.id, e.session_id, e.name
			ORDER BY j.key ROWS UNBOUNDED PRECEDING) AS cost_id
	FROM event e CROSS JOIN session x CROSS JOIN slice s
	CROSS JOIN json_each(s.entries) j
	WHERE x.id = e.session_id AND s.event_id = e.id);
CREATE VIEW session_summary (session_id,label,command,hostname,kernel,cpu,cpus,started_at,duration_ns,state,events,samples,lost) AS
SELECT s.id, s.label, s.command, s.hostname, s.kernel, s.cpu, s.cpus,
	datetime(s.started_at_ns / 1000000000, 'unixepoch'), s.duration_ns,
	iif(s.state = 'recording' AND s.heartbeat_ns / 1000000000 < unixepoch('now') - 5,
		'cut short', s.state),
	(SELECT group_concat(name) FROM (
		SELECT name FROM event e WHERE e.session_id = s.id ORDER BY id)),
	(SELECT coalesce(sum(samples), 0) FROM event e WHERE e.session_id = s.id),
	(SELECT coalesce(sum(h.value), 0) FROM session_health h
		JOIN figure f ON f.id = h.figure_id
		WHERE h.session_id = s.id AND f.name IN ('lost_records', 'lost_samples'))
FROM session s;
CREATE VIEW event_summary (session_id,event,unit,mode,period,samples,value,enabled_ns,running_ns,requested) AS
SELECT v.session_id, v.name, v.unit, v.mode, v.period_or_hz, v.samples,
	iif(e.scale IS NULL, v.value, CAST(v.value * e.scale + 0.5 AS INTEGER)),
	v.enabled_ns, v.running_ns, v.requested
FROM event v JOIN event_scale e ON e.event_id = v.id;
CREATE VIEW function_profile (session_id,event,module,function,file,line,samples,self,total,self_share,total_share) AS
SELECT e.session_id, e.event, n.module, n.function, n.file, n.line, c.samples,
	iif(e.scale IS NULL, c.self, CAST(c.self * e.scale + 0.5 AS INTEGER)), iif(e.scale IS NULL, c.total, CAST(c.total * e.scale + 0.5 AS INTEGER)),
	coalesce(1.0 * (c.self) / nullif(e.value, 0), 0.0), coalesce(1.0 * (c.total) / nullif(e.value, 0), 0.0)
FROM event_scale e CROSS JOIN function_cost c ON c.event_id = e.event_id
JOIN function_name n ON n.function_id = c.function_id;
CREATE VIEW line_profile (session_id,event,module,function,file,line,samples,self,self_share) AS
SELECT e.session_id, e.event, n.module, n.function, p.path, e.line, e.samples,
	iif(e.scale IS NULL, e.self, CAST(e.self * e.scale + 0.5 AS INTEGER)), coalesce(1.0 * (e.self) / nullif(e.value, 0), 0.0)
FROM (SELECT e.session_id, e.event, e.scale, e.value,
		l.function_id, l.file_id, l.line, sum(c.samples) AS samples, sum(c.value) AS self
	FROM event_scale e CROSS JOIN cost c ON c.event_id = e.event_id
	JOIN location l ON l.id = c.location_id
	GROUP BY e.session_id, e.event, e.event_id, l.function_id, l.file_id, l.line) e
JOIN function_name n ON n.function_id = e.function_id
LEFT JOIN file p ON p.id = e.file_id;
CREATE VIEW module_profile (session_id,event,module,samples,self,self_share) AS
SELECT e.session_id, e.event, m.name, sum(c.samples),
	iif(e.scale IS NULL, sum(c.self), CAST(sum(c.self) * e.scale + 0.5 AS INTEGER)), coalesce(1.0 * (sum(c.self)) / nullif(e.value, 0), 0.0)
FROM event_scale e
CROSS JOIN function_cost c ON c.event_id = e.event_id AND c.samples > 0
JOIN function f ON f.id = c.function_id JOIN module m ON m.id = f.module_id
GROUP BY e.session_id, e.event, e.event_id, m.id;
CREATE VIEW thread_profile (session_id,event,pid,tid,comm,samples,self,self_share) AS
SELECT e.session_id, e.event, p.pid, t.tid, t.comm, sum(c.samples),
	iif(e.scale IS NULL, sum(c.value), CAST(sum(c.value) * e.scale + 0.5 AS INTEGER)), coalesce(1.0 * (sum(c.value)) / nullif(e.value, 0), 0.0)
FROM event_scale e CROSS JOIN cost c ON c.event_id = e.event_id
JOIN thread t ON t.id = c.thread_id JOIN process p ON p.id = t.process_id
GROUP BY e.session_id, e.event, e.event_id, t.id;
CREATE VIEW process_profile (session_id,event,pid,comm,samples,self,self_share) AS
SELECT e.session_id, e.event, p.pid, p.comm, sum(c.samples),
	iif(e.scale IS NULL, sum(c.value), CAST(sum(c.value) * e.scale + 0.5 AS INTEGER)), coalesce(1.0 * (sum(c.value)) / nullif(e.value, 0), 0.0)
FROM event_scale e CROSS JOIN cost c ON c.event_id = e.event_id
JOIN thread t ON t.id = c.thread_id JOIN process p ON p.id = t.process_id
GROUP BY e.session_id, e.event, e.event_id, p.id;
CREATE VIEW call_tree (session_id,event,id,parent_id,depth,module,function,inlined,samples,self,total) AS
SELECT e.session_id, e.event,
	json_extract(n.value, '$[0]'), json_extract(n.value, '$[1]'),
	json_extract(n.value, '$[2]'), f.module, f.function,
	json_extract(n.value, '$[4]'), json_extract(n.value, '$[5]'),
	iif(e.scale IS NULL, json_extract(n.value, '$[6]'), CAST(json_extract(n.value, '$[6]') * e.scale + 0.5 AS INTEGER)),
	iif(e.scale IS NULL, json_extract(n.value, '$[7]'), CAST(json_extract(n.value, '$[7]') * e.scale + 0.5 AS INTEGER))
FROM event_scale e, json_each((
	WITH RECURSIVE
	leaf(stack_id, location_id, samples, value) AS MATERIALIZED (
		SELECT stack_id, location_id, sum(samples), sum(value) FROM cost
		WHERE event_id = e.event_id GROUP BY stack_id, location_id),
	up(stack_id, value) AS (
		SELECT stack_id, sum(value) FROM leaf WHERE stack_id IS NOT NULL GROUP BY stack_id
		UNION ALL
		SELECT s.parent_id, up.value FROM up JOIN stack s ON s.id = up.stack_id
		WHERE s.parent_id IS NOT NULL),
	place(stack_id, leaf_id, location_id, parent_id, bottom, samples, self, total) AS (
		SELECT s.id, 0, s.location_id, s.parent_id, s.depth, 0, 0, sum(up.value)
		FROM up JOIN stack s ON s.id = up.stack_id GROUP BY s.id
		UNION ALL
		SELECT coalesce(l.stack_id, 0), l.location_id, l.location_id, l.stack_id, NULL,
			samples, value, value
		FROM leaf l),
	frame(stack_id, leaf_id, parent_id, bottom, samples, self, total, level,
			function_id, site_id) AS (
		SELECT p.stack_id, p.leaf_id, p.parent_id, p.bottom, p.samples, p.self, p.total, 0,
			l.function_id, l.site_id
		FROM place p JOIN location l ON l.id = p.location_id
		UNION ALL
		SELECT r.stack_id, r.leaf_id, r.parent_id, r.bottom, 0, 0, r.total, r.level + 1,
			i.function_id, i.outer_id
		FROM frame r JOIN inline_site i ON i.id = r.site_id)
	SELECT json_group_array(json_array(
		((r.stack_id << 34) | (r.leaf_id << 6) | (r.level)),
		CASE WHEN r.site_id IS NOT NULL
			THEN ((r.stack_id << 34) | (r.leaf_id << 6) | (r.level + 1))
			WHEN r.parent_id IS NOT NULL THEN r.parent_id << 34 END,
		coalesce(r.bottom - 1 - r.level, coalesce(s.depth, 0) + (
			WITH RECURSIVE outward(id, n) AS (VALUES(r.site_id, 0) UNION ALL
				SELECT i.outer_id, n + 1 FROM outward o JOIN inline_site i ON i.id = o.id)
			SELECT max(n) FROM outward)),
		r.function_id, r.site_id IS NOT NULL, r.samples, r.self, r.total))
	FROM frame r LEFT JOIN stack s ON s.id = r.parent_id)) n
JOIN function_name f ON f.function_id = json_extract(n.value, '$[3]');
CREATE VIEW timeline (session_id,event,slice_ns,pid,tid,comm,function,samples,self) AS
SELECT e.session_id, e.event, s.slice * x.slice_ns, p.pid, t.tid, t.comm, f.function,
	json_extract(n.value, '$[2]'), iif(e.scale IS NULL, json_extract(n.value, '$[3]'), CAST(json_extract(n.value, '$[3]') * e.scale + 0.5 AS INTEGER))
FROM event_scale e CROSS JOIN session x ON x.id = e.session_id
CROSS JOIN slice s ON s.event_id = e.event_id AND NOT EXISTS (
	SELECT 1 FROM slice o
	WHERE o.event_id = s.event_id AND o.slice = s.slice AND o.id < s.id)
CROSS JOIN json_each((
	SELECT json_group_array(json_array(thread_id, function_id, samples, value)) FROM (
		SELECT c.thread_id, l.function_id, sum(d.samples) AS samples, sum(d.value) AS value
		FROM (
			SELECT sum(max(j.value, 0)) OVER (
					PARTITION BY r.id ORDER BY j.key ROWS UNBOUNDED PRECEDING) AS cost_id,
				iif(j.value > 0, 1, -j.value) AS samples,
				coalesce(r.period * iif(j.value > 0, 1, -j.value),
					json_extract(r.vals, '$[' || j.key || ']')) AS value
			FROM slice r CROSS JOIN json_each(r.entries) j
			WHERE r.event_id = s.event_id AND r.slice = s.slice) d
		CROSS JOIN cost c ON c.event_id = s.event_id AND c.id = d.cost_id
		CROSS JOIN location l ON l.id = c.location_id
		GROUP BY c.thread_id, l.function_id))) n
CROSS JOIN thread t ON t.id = json_extract(n.value, '$[0]')
JOIN process p ON p.id = t.process_id
JOIN function_name f ON f.function_id = json_extract(n.value, '$[1]');
CREATE VIEW health (session_id,name,severity,value,advice) AS
SELECT h.session_id, f.name, f.severity, h.value, f.advice
FROM session_health h JOIN figure f ON f.id = h.figure_id;
COMMIT;
