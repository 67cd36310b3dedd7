/**
 * A stream of keys or of a query, which is made at any node and comes by the page's one connection.
 */

const API = "./atmosphere/api/streams";
const RETRY = 1_000;

function compare(a, b) {
	const [generation, offset] = a.split("/").map(Number);
	const [otherGeneration, otherOffset] = b.split("/").map(Number);
	return generation - otherGeneration || offset - otherOffset;
}

/** What the page has measured. */
export const statistics = {
	updates: 0,
	backwards: 0,
	total: 0,
	latencies: [],

	add(time) {
		this.updates++;
		this.total++;
		this.latencies.push(Math.max(0, Date.now() - time));
	},

	/** Since the last time. */
	take() {
		const sorted = this.latencies.sort((a, b) => a - b);
		const at = (part) => sorted.length ? sorted[Math.floor((sorted.length - 1) * part)] : null;
		const figures = { middle: at(.5), high: at(.95), received: this.updates, backwards: this.backwards };
		this.updates = 0;
		this.latencies = [];
		return figures;
	},
};

// For whoever looks from outside, as the tests do
globalThis.oddsStatistics = statistics;

export class KeyedStream {

	#client;
	#listener;
	#wanted = null;
	#turn = 0;
	#current = null;
	#timer = 0;

	/** `listener`: `change(key, view)` and `remove(key)`. */
	constructor(client, listener) {
		this.#client = client;
		this.#listener = listener;
	}

	/** `null` for nothing; else `keys`, or `query` and `params`, and the `format`. */
	want(wanted) {
		this.#wanted = wanted;
		this.#make(++this.#turn);
	}

	async #make(turn) {
		clearTimeout(this.#timer);
		const wanted = this.#wanted;
		let next = null;
		try {
			if (wanted) {
				const { format, ...what } = wanted;
				const answer = await fetch(API, {
					method: "POST",
					headers: { "content-type": "application/json" },
					body: JSON.stringify({ reducer: "odds", ...what, variant: { format } }),
				});
				if (!answer.ok) {
					throw new Error(`status ${answer.status}`);
				}
				next = await answer.json();
			}
		}
		catch {
			// A node that has just started does not know all streams yet
			if (turn === this.#turn) {
				this.#timer = setTimeout(() => this.#make(turn), RETRY);
			}
			return;
		}
		if (turn !== this.#turn) {
			this.#free(next);
			return;
		}
		this.#free(this.#current);
		this.#current = next;
		if (next) {
			this.#subscribe(next, turn);
		}
	}

	#subscribe(stream, turn) {
		const versions = new Map();
		stream.subscription = this.#client.newSubscription(stream.channel);
		stream.subscription.on("publication", ({ data: { key, version, snapshot, removed, view } }) => {
			if (turn !== this.#turn) {
				return;
			}
			const before = versions.get(key);
			if (before && compare(version, before) < 0) {
				statistics.backwards++;
			}
			versions.set(key, version);
			if (removed) {
				this.#listener.remove(key);
				return;
			}
			if (!snapshot) {
				statistics.add(view.market.time);
			}
			this.#listener.change(key, view);
		});
		// The stream was freed while nobody was connected
		stream.subscription.on("unsubscribed", () => {
			if (turn === this.#turn && this.#current === stream) {
				this.#timer = setTimeout(() => this.#make(turn), RETRY);
			}
		});
		stream.subscription.subscribe();
	}

	#free(stream) {
		if (stream) {
			const { subscription } = stream;
			if (this.#current === stream) {
				this.#current = null;
			}
			if (subscription) {
				subscription.unsubscribe();
				this.#client.removeSubscription?.(subscription);
			}
			fetch(`${API}/${stream.id}`, { method: "DELETE" }).catch(() => {});
		}
	}

}
