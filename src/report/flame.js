/* flame.js - makes a flame graph answer: zoom, search, keys, the text beside the pointer.
 *
 * It runs inside the picture that flame_svg.c wrote. What stood in the picture without it (the
 * whole graph, for viewers that run no scripts) is taken away, and what can be seen is drawn from
 * the data: frames wider than half a pixel, in the rows of the window. So a graph may have as many
 * frames as it likes. Nothing is loaded from anywhere, and names are set as text, never as markup.
 *
 *   data.frames.*[i]   i in preorder: those above frame i are i + 1 .. end[i] - 1
 */
(function () {
	"use strict";
	const SVG = "http://www.w3.org/2000/svg";
	const XHTML = "http://www.w3.org/1999/xhtml";
	const NARROWEST = 0.5;		/* pixels */
	const byId = (id) => document.getElementById(id);
	const svg = byId("pmc-flame");
	const data = JSON.parse(byId("pmc-flame-data").textContent);
	const { depth, total, self, samples, inlined } = data.frames;
	const functionOf = data.frames.function;
	const count = depth.length;
	const { row, pad, top } = data;
	const rows = data.rows;
	const height = top + rows * row + pad;

	/* ---- the graph ---- */

	const parent = new Int32Array(count).fill(-1);
	const end = new Int32Array(count);
	const start = new Float64Array(count);
	(function arrange() {
		const open = [];
		const used = [];
		for (let i = 0; i < count; i++) {
			while (open.length > depth[i])
				end[open.pop()] = i;
			if (open.length) {
				parent[i] = open[open.length - 1];
				start[i] = start[parent[i]] + used[parent[i]];
				used[parent[i]] += total[i];
			}
			used[i] = 0;
			open.push(i);
		}
		while (open.length)
			end[open.pop()] = count;
	})();

	const nameOf = (i) => data.names[data.functions[functionOf[i]][0]];
	const moduleOf = (i) => {
		const module = data.functions[functionOf[i]][1];
		return module ? data.names[module] : "";
	};
	const kindOf = (i) => data.kinds[data.functions[functionOf[i]][2][0]];
	const classOf = (i) => data.functions[functionOf[i]][2] + (inlined[i] ? "i" : "");
	const isAbove = (i, below) => i >= below && i < end[below];

	/* ---- words ---- */

	function digits(value) {
		return value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) :
			value.toFixed(2);
	}

	function scaled(value, units) {
		let unit = 0;
		while (unit + 1 < units.length && value >= 999.5) {
			value /= 1000;
			unit++;
		}
		return (unit ? digits(value) : String(Math.round(value))) + units[unit];
	}

	function valueText(value) {
		if (!data.is_time)
			return scaled(value, ["", "k", "M", "G", "T", "P", "E"]);
		if (value < 99.95e9)
			return scaled(value, [" ns", " us", " ms", " s"]);
		const seconds = Math.round(value / 1e9);
		const two = (n) => String(n).padStart(2, "0");
		const minutes = Math.floor(seconds / 60);
		const before = minutes < 60 ? minutes :
			Math.floor(minutes / 60) + ":" + two(minutes % 60);
		return before + ":" + two(seconds % 60);
	}

	function share(value, of) {
		const percent = of > 0 ? value / of * 100 : 0;
		return value > 0 && percent < 0.005 ? "<0.01 %" : percent.toFixed(2) + " %";
	}

	const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, "\u2009");
	const plural = (n, word) => grouped(n) + " " + word + (n === 1 ? "" : "s");
	const isWide = (c) => c >= "\u2e80" || c >= "\u1100" && c < "\u1160";

	/* The start of a text that fits into so many columns, with "…" where it is cut. */
	function fit(text, columns) {
		if (text.length * 2 <= columns)
			return text;
		let used = 0, kept = "";
		for (const c of text) {
			used += isWide(c) ? 2 : 1;
			if (used > columns)
				return cut(kept, columns);
			kept += c;
		}
		return text;
	}

	function cut(text, columns) {
		const all = Array.from(text);
		let used = 1;
		for (const c of all)
			used += isWide(c) ? 2 : 1;
		while (all.length && used > columns)
			used -= isWide(all.pop()) ? 2 : 1;
		return all.join("") + "\u2026";
	}

	/* ---- elements ---- */

	function make(name, parentNode, attributes) {
		const element = document.createElementNS(SVG, name);
		for (const key in attributes)
			element.setAttribute(key, attributes[key]);
		parentNode.appendChild(element);
		return element;
	}

	function makeHtml(name, parentNode, attributes) {
		const element = document.createElementNS(XHTML, name);
		for (const key in attributes)
			element.setAttribute(key, attributes[key]);
		parentNode.appendChild(element);
		return element;
	}

	const head = byId("head");
	byId("still").remove();
	svg.removeAttribute("viewBox");
	svg.setAttribute("width", "100%");
	svg.setAttribute("tabindex", "0");
	svg.setAttribute("role", "application");
	svg.setAttribute("aria-roledescription", "flame graph");
	const boxes = make("g", svg, {});
	const labels = make("g", svg, { class: "frame-text" });
	const ring = make("rect", svg, { id: "ring", rx: 2, visibility: "hidden" });
	svg.appendChild(head);		/* the heading stays above frames that scroll below it */
	const ground = byId("ground");
	const rule = byId("rule");
	const holder = make("foreignObject", head, { x: pad - 2, y: top - 38, height: 30 });
	const tools = makeHtml("div", holder, { id: "tools" });
	const field = makeHtml("input", tools, {
		type: "search", id: "search", placeholder: "search", spellcheck: "false",
		"aria-label": "search functions and modules", autocomplete: "off",
	});
	const reset = makeHtml("button", tools, { type: "button", id: "reset" });
	reset.textContent = "reset zoom";
	const status = make("text", head, { id: "status", y: top - 19, role: "status" });
	const keys = make("text", head, { class: "keys", y: top - 19, "text-anchor": "end" });
	keys.textContent = "arrows move \u00b7 Enter zooms \u00b7 Esc resets \u00b7 / searches";
	const tip = make("g", svg, { id: "tip", visibility: "hidden", role: "status" });
	const tipBox = make("rect", tip, { rx: 4 });

	const probe = make("text", svg, { class: "frame-text" });
	probe.textContent = "0".repeat(50);
	const charWidth = probe.getComputedTextLength() / 50 || 7.3;
	probe.remove();
	const texts = [];
	for (const element of head.querySelectorAll("[data-full]"))
		texts.push([element, element.getAttribute("data-full")]);

	/* Elements that exist are used again; those too many are taken away. */
	function pool(layer, name) {
		const all = [];
		let used = 0;
		return {
			begin() { used = 0; },
			next() {
				if (used === all.length)
					all.push(make(name, layer, {}));
				return all[used++];
			},
			end() {
				while (all.length > used)
					all.pop().remove();
			},
		};
	}
	const boxPool = pool(boxes, "rect");
	const labelPool = pool(labels, "text");

	/* ---- state ---- */

	let zoomed = 0;
	let current = -1;		/* the frame that the keys are at */
	let needle = "";
	let found = null;		/* by function: 1 where its name or module has the needle */
	let width = 0;
	let everything = false;		/* all rows, for paper */
	let waiting = false;

	/* ---- drawing ---- */

	const unit = () => total[zoomed] > 0 ? (width - 2 * pad) / total[zoomed] : 0;
	const isShown = (i) => isAbove(i, zoomed) || isAbove(zoomed, i);

	function place(i) {
		const y = data.icicle ? top + depth[i] * row : top + (rows - 1 - depth[i]) * row;
		if (isAbove(zoomed, i))
			return { x: pad, y, w: width - 2 * pad };
		return { x: pad + (start[i] - start[zoomed]) * unit(), y, w: total[i] * unit() };
	}

	function drawFrame(i, at) {
		const box = boxPool.next();
		const hit = found !== null && found[functionOf[i]] === 1;
		box.setAttribute("x", at.x.toFixed(2));
		box.setAttribute("y", at.y);
		const gap = at.w > 3 ? 1 : 0;
		const marks = (i < zoomed ? " below" : "") + (hit ? " found" : "");
		box.setAttribute("width", Math.max(at.w - gap, NARROWEST).toFixed(2));
		box.setAttribute("height", row - 1);
		box.setAttribute("class", classOf(i) + marks);
		box.setAttribute("data-frame", i);
		const columns = Math.floor((at.w - 7) / charWidth);
		if (columns < 3)
			return;
		const label = labelPool.next();
		label.setAttribute("x", (at.x + 3).toFixed(2));
		label.setAttribute("y", at.y + row - 5);
		label.setAttribute("class", hit ? "found" : "");
		label.textContent = fit(nameOf(i), columns);
	}

	function draw() {
		waiting = false;
		const seenTop = everything ? -1e9 : window.scrollY + top - row;
		const seenEnd = everything ? 1e9 : window.scrollY + window.innerHeight + row;
		/* As high as the window at least: the text beside the pointer needs room. */
		svg.setAttribute("height", everything ? height :
			Math.max(height, window.innerHeight));
		width = Math.max(svg.getBoundingClientRect().width, 100);
		boxPool.begin();
		labelPool.begin();
		for (let i = zoomed; i >= 0; i = parent[i]) {
			const at = place(i);
			if (at.y >= seenTop && at.y <= seenEnd)
				drawFrame(i, at);
		}
		for (let i = zoomed + 1; i < end[zoomed];) {
			const at = place(i);
			if (at.w < NARROWEST) {
				i = end[i];
				continue;
			}
			if (at.y >= seenTop && at.y <= seenEnd)
				drawFrame(i, at);
			i++;
		}
		boxPool.end();
		labelPool.end();
		drawHead();
		drawRing();
	}

	function drawHead() {
		const headTop = everything ? 0 : window.scrollY;
		head.setAttribute("transform", "translate(0 " + headTop + ")");
		ground.setAttribute("width", width);
		rule.setAttribute("x2", width - pad);
		for (const [element, full] of texts) {
			const size = element.classList.contains("title") ? 8.5 : 6.8;
			element.textContent = fit(full, Math.floor((width - 2 * pad) / size));
		}
		holder.setAttribute("width", Math.min(width - pad, 320));
		status.setAttribute("x", pad + 322);
		keys.setAttribute("x", width - pad);
		keys.setAttribute("visibility", width < 1000 ? "hidden" : "visible");
		reset.disabled = zoomed === 0;
	}

	function drawRing() {
		if (current < 0 || !isShown(current) || document.activeElement !== svg) {
			ring.setAttribute("visibility", "hidden");
			return;
		}
		const at = place(current);
		ring.setAttribute("x", at.x - 0.5);
		ring.setAttribute("y", at.y - 0.5);
		ring.setAttribute("width", Math.max(at.w, 3));
		ring.setAttribute("height", row);
		ring.setAttribute("visibility", "visible");
	}

	function later() {
		if (!waiting)
			window.requestAnimationFrame(draw);
		waiting = true;
	}

	/* ---- the text beside the pointer ---- */

	function wrap(text, columns) {
		const lines = [];
		let line = "", used = 0;
		for (const c of text) {
			if (used + 2 > columns) {
				lines.push(line);
				line = "";
				used = 0;
			}
			line += c;
			used += isWide(c) ? 2 : 1;
		}
		lines.push(line);
		if (lines.length > 8)
			lines.splice(8, lines.length, "\u2026");
		return lines;
	}

	function describe(i) {
		const lines = [];
		const module = moduleOf(i);
		if (module || inlined[i])
			lines.push([module, kindOf(i), inlined[i] ? "inlined" : ""].filter(Boolean)
				.join(" \u00b7 "));
		lines.push(share(total[i], total[0]) + " \u00b7 " + valueText(total[i]) + " of " +
			data.event + " in " + plural(samples[i], "sample"));
		if (zoomed > 0 && isAbove(i, zoomed))
			lines.push(share(total[i], total[zoomed]) + " of what is zoomed to");
		if (i > 0 && !data.reverse)
			lines.push("self " + share(self[i], total[0]) + " \u00b7 " +
				valueText(self[i]));
		return lines;
	}

	function showTip(i, x, y) {
		const columns = Math.max(20, Math.min(100, Math.floor((width - 40) / charWidth)));
		const name = wrap(nameOf(i), columns);
		const more = describe(i).map((line) => fit(line, columns));
		while (tip.lastChild !== tipBox)
			tip.lastChild.remove();
		let at = 17, wide = 0;
		for (const [lines, kind] of [[name, "tip-name"], [more, "tip-more"]]) {
			for (const line of lines) {
				const text = make("text", tip, { x: 9, y: at, class: kind });
				text.textContent = line;
				wide = Math.max(wide, text.getComputedTextLength());
				at += 16;
			}
		}
		tipBox.setAttribute("width", wide + 18);
		tipBox.setAttribute("height", at - 8);
		const right = Math.max(4, width - wide - 22);
		const bottom = window.scrollY + window.innerHeight - at;
		const tipX = Math.max(4, Math.min(x + 14, right));
		const tipY = y + 18 > bottom ? Math.max(window.scrollY, y - at) : y + 18;
		tip.setAttribute("transform", "translate(" + tipX + " " + tipY + ")");
		tip.setAttribute("visibility", "visible");
	}

	function hideTip() {
		tip.setAttribute("visibility", "hidden");
	}

	/* ---- zoom ---- */

	function zoom(i) {
		zoomed = i;
		hideTip();
		tell();
		draw();
	}

	/* ---- search ---- */

	function search(text) {
		needle = text.toLowerCase();
		found = null;
		if (needle) {
			const has = data.names.map((name) => name.toLowerCase().includes(needle));
			found = new Uint8Array(data.functions.length);
			/* Frame 0 stands for all; it is no function. */
			data.functions.forEach(([name, module, kind], k) => {
				if (kind[0] !== "a" && (has[name] || module && has[module]))
					found[k] = 1;
			});
		}
		tell();
		draw();
	}

	/* What matches, each value once: what is above a match is part of it. */
	function matches(from) {
		let value = 0, frames = 0, until = 0;
		for (let i = from; i < end[from]; i++) {
			if (found[functionOf[i]] !== 1)
				continue;
			frames++;
			if (i >= until) {
				value += total[i];
				until = end[i];
			}
		}
		return { value, frames };
	}

	function tell() {
		if (!found) {
			status.textContent = "";
			return;
		}
		const hits = matches(zoomed);
		status.textContent = hits.frames ? "matched " + share(hits.value, total[zoomed]) +
			(zoomed ? " of this" : "") + " \u00b7 " + valueText(hits.value) + " in " +
			plural(hits.frames, "frame") : "nothing matches";
	}

	function nextMatch(step) {
		if (!found)
			return;
		const span = end[zoomed] - zoomed;
		const from = current >= 0 && isAbove(current, zoomed) ? current - zoomed :
			step > 0 ? -1 : span;
		for (let k = 1; k <= span; k++) {
			const i = zoomed + (((from + step * k) % span) + span) % span;
			if (found[functionOf[i]] === 1) {
				moveTo(i);
				return;
			}
		}
	}

	/* ---- keys ---- */

	function moveTo(i) {
		if (i < 0 || i >= count || !isShown(i))
			return;
		current = i;
		svg.focus({ preventScroll: true });
		const at = place(i);
		if (at.y < window.scrollY + top)
			window.scrollTo(window.scrollX, at.y - top - row);
		else if (at.y + 2 * row > window.scrollY + window.innerHeight)
			window.scrollTo(window.scrollX, at.y + 2 * row - window.innerHeight);
		draw();
		showTip(i, at.x, at.y);
	}

	/* The frame of the same depth beside it. */
	function beside(i, step) {
		for (let k = i + step; k > zoomed && k < end[zoomed]; k += step)
			if (depth[k] === depth[i])
				return k;
		return -1;
	}

	function arrow(key) {
		const up = data.icicle ? "ArrowDown" : "ArrowUp";
		if (current < 0 || !isShown(current))
			moveTo(zoomed);
		else if (key === "ArrowLeft" || key === "ArrowRight")
			moveTo(beside(current, key === "ArrowLeft" ? -1 : 1));
		else if (key !== up)
			moveTo(parent[current]);
		else if (current < zoomed)
			moveTo(towardsZoom(current));
		else if (end[current] > current + 1)
			moveTo(current + 1);	/* its widest */
	}

	function towardsZoom(i) {
		let k = zoomed;
		while (parent[k] !== i)
			k = parent[k];
		return k;
	}

	function onKey(event) {
		if (event.ctrlKey || event.metaKey || event.altKey)
			return;
		if (event.target === field) {
			onFieldKey(event);
			return;
		}
		if (event.target === reset && event.key === "Enter")
			return;
		if (event.key.startsWith("Arrow"))
			arrow(event.key);
		else if (event.key === "Enter" && current >= 0)
			zoom(current);
		else if (event.key === "Escape")
			escape();
		else if (event.key === "Home")
			moveTo(zoomed);
		else if (event.key === "n" || event.key === "N")
			nextMatch(event.key === "n" ? 1 : -1);
		else if (event.key === "/")
			field.focus();
		else
			return;
		event.preventDefault();
	}

	function onFieldKey(event) {
		if (event.key === "Enter") {
			nextMatch(event.shiftKey ? -1 : 1);
			event.preventDefault();
		} else if (event.key === "Escape") {
			field.value = "";
			search("");
			svg.focus({ preventScroll: true });
			event.preventDefault();
		}
	}

	/* First the zoom, then the search. */
	function escape() {
		hideTip();
		if (zoomed) {
			zoom(0);
		} else {
			field.value = "";
			search("");
		}
	}

	/* ---- events ---- */

	function frameAt(event) {
		const frame = event.target.getAttribute && event.target.getAttribute("data-frame");
		return frame === null || frame === undefined ? -1 : Number(frame);
	}

	svg.addEventListener("mousemove", (event) => {
		const i = frameAt(event);
		if (i >= 0)
			showTip(i, event.pageX, event.pageY);
		else
			hideTip();
	});
	svg.addEventListener("mouseleave", hideTip);
	svg.addEventListener("click", (event) => {
		const i = frameAt(event);
		if (i < 0)
			return;
		current = i;
		svg.focus({ preventScroll: true });
		zoom(i);
	});
	svg.addEventListener("blur", drawRing);
	svg.addEventListener("focus", () => {
		/* Whoever comes with the tab key must see where the keys are. */
		if (current < 0 && svg.matches(":focus-visible"))
			current = zoomed;
		drawRing();
	});
	reset.addEventListener("click", () => zoom(0));
	field.addEventListener("input", () => search(field.value));
	document.addEventListener("keydown", onKey);
	window.addEventListener("resize", later);
	window.addEventListener("scroll", () => { hideTip(); later(); });
	window.addEventListener("beforeprint", () => { everything = true; draw(); });
	window.addEventListener("afterprint", () => { everything = false; draw(); });

	draw();
	if (!data.icicle && height > window.innerHeight) {
		window.scrollTo(0, height);	/* to where it begins */
		draw();
	}
})();
