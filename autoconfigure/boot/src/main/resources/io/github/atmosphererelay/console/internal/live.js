/**
 * The channel in which each node says once a second what it does.
 */

const RETRY_MIN = 500;
const RETRY_MAX = 15_000;
/** A node that has not been heard of for so long has no figures. */
export const STALE_AFTER = 4_000;

/** Fires "state" when `state` changes: `connecting`, `live`, `off`; and "rates" (detail: what a node said). */
export class Live extends EventTarget {

	#url;
	#socket = null;
	#timer = 0;
	#attempt = 0;
	/** By the node's id: what it said last, and when that came. */
	nodes = new Map();
	state = "connecting";

	constructor(path) {
		super();
		this.#url = new URL(path, location.href);
		this.#url.protocol = this.#url.protocol === "https:" ? "wss:" : "ws:";
	}

	start() {
		clearTimeout(this.#timer);
		this.#become("connecting");
		const socket = new WebSocket(this.#url);
		this.#socket = socket;
		socket.onopen = () => {
			this.#attempt = 0;
			this.#become("live");
		};
		socket.onmessage = ({ data }) => this.#received(data);
		socket.onclose = () => {
			this.#become("off");
			const ceiling = Math.min(RETRY_MAX, RETRY_MIN * 2 ** Math.min(this.#attempt++, 8));
			this.#timer = setTimeout(() => this.start(), RETRY_MIN + Math.random() * ceiling);
		};
	}

	stop() {
		clearTimeout(this.#timer);
		if (this.#socket) {
			this.#socket.onclose = null;
			this.#socket.onmessage = null;
			this.#socket.close();
			this.#socket = null;
		}
		this.nodes.clear();
		this.#become("connecting");
	}

	/** Those that have been heard of lately, by name. */
	current() {
		const since = performance.now() - STALE_AFTER;
		for (const [id, { heard }] of this.nodes) {
			if (heard < since) {
				this.nodes.delete(id);
			}
		}
		return Array.from(this.nodes.values(), ({ rates }) => rates)
			.sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
	}

	#received(data) {
		let rates;
		try {
			rates = JSON.parse(data);
		}
		catch {
			return;
		}
		if (rates?.type === "rates" && typeof rates.id === "string" && typeof rates.name === "string") {
			this.nodes.set(rates.id, { rates, heard: performance.now() });
			this.dispatchEvent(new CustomEvent("rates", { detail: rates }));
		}
	}

	#become(state) {
		if (this.state !== state) {
			this.state = state;
			this.dispatchEvent(new Event("state"));
		}
	}

}
