/**
 * Lines over the last two minutes, drawn as SVG at the size that there is.
 */

const SVG = "http://www.w3.org/2000/svg";
const LENGTH = 120;
const LEFT = 46;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 22;
const SERIES = ["delivered", "published"];

export class Chart {

	#element;
	#svg = create("svg", { role: "img", "aria-label": "No figures yet" });
	/** For each node's id, and for all under "", the samples of the last seconds; null where there was nothing. */
	#samples = new Map([["", []]]);
	#shown = "";

	constructor(element) {
		this.#element = element;
		element.append(this.#svg);
		new ResizeObserver(() => this.draw()).observe(element);
	}

	/** What the nodes say at this second. */
	add(nodes) {
		this.#append("", nodes.length ? {
			published: sum(nodes, "published"),
			delivered: sum(nodes, "delivered")
		} : null);
		const byId = new Map(nodes.map((node) => [node.id, node]));
		for (const id of byId.keys()) {
			if (!this.#samples.has(id)) {
				this.#samples.set(id, []);
			}
		}
		for (const [id, samples] of this.#samples) {
			if (id) {
				this.#append(id, byId.get(id) ?? null);
				if (samples.every((sample) => sample === null)) {
					this.#samples.delete(id);
				}
			}
		}
		this.draw();
	}

	#append(id, sample) {
		const samples = this.#samples.get(id);
		samples.push(sample && { published: number(sample.published), delivered: number(sample.delivered) });
		samples.splice(0, samples.length - LENGTH);
	}

	show(id) {
		this.#shown = id;
		this.draw();
	}

	latest() {
		return this.#samples.get(this.#shown)?.at(-1) ?? null;
	}

	draw() {
		const samples = this.#samples.get(this.#shown) ?? [];
		const width = Math.max(160, this.#element.clientWidth - 20);
		const height = Math.max(100, this.#element.clientHeight);
		const top = ceiling(Math.max(1, ...samples.flatMap((sample) => sample ? SERIES.map((name) => sample[name]) : [])));
		const x = (index) => LEFT + (width - LEFT - RIGHT) * (LENGTH - samples.length + index) / (LENGTH - 1);
		const y = (value) => TOP + (height - TOP - BOTTOM) * (1 - value / top);
		this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
		const parts = [];
		for (const value of [0, top / 2, top]) {
			parts.push(create("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }));
			parts.push(label(LEFT - 7, y(value) + 4, "end", format(value)));
		}
		parts.push(label(LEFT, height - 5, "start", "2 min ago"), label(width - RIGHT, height - 5, "end", "now"));
		for (const name of SERIES) {
			for (const run of runs(samples, name)) {
				const points = run.map(([index, value]) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`);
				// A line of one point would not be seen
				parts.push(create("polyline", { class: name, points: (points.length > 1 ? points : [...points, ...points]).join(" ") }));
			}
		}
		this.#svg.replaceChildren(...parts);
		const latest = this.latest();
		this.#svg.setAttribute("aria-label", latest
			? `Now ${format(latest.published)} messages a second published and ${format(latest.delivered)} delivered`
			: "No figures yet");
	}

}

export function format(value) {
	if (value >= 999_500) {
		return `${(value / 1e6).toFixed(1)}M`;
	}
	if (value >= 9_995) {
		return `${(value / 1e3).toFixed(1)}k`;
	}
	return Number.isInteger(value) || value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}

/** What is next to the value among 1, 2 and 5 with zeros. */
function ceiling(value) {
	const unit = 10 ** Math.floor(Math.log10(value));
	return [1, 2, 5, 10].map((step) => step * unit).find((step) => step >= value);
}

/** A gap in the samples is a gap in the line. */
function runs(samples, name) {
	const all = [];
	let run = null;
	samples.forEach((sample, index) => {
		if (!sample) {
			run = null;
			return;
		}
		if (!run) {
			run = [];
			all.push(run);
		}
		run.push([index, sample[name]]);
	});
	return all;
}

function sum(nodes, name) {
	return nodes.reduce((total, node) => total + number(node[name]), 0);
}

function number(value) {
	return Number.isFinite(value) && value > 0 ? value : 0;
}

function label(x, y, anchor, text) {
	const element = create("text", { x, y, "text-anchor": anchor });
	element.textContent = text;
	return element;
}

function create(name, attributes) {
	const element = document.createElementNS(SVG, name);
	for (const [key, value] of Object.entries(attributes)) {
		element.setAttribute(key, value);
	}
	return element;
}
