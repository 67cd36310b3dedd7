/**
 * One WebSocket to one node, kept alive.
 *
 * The library's raw door needs no client library: a frame is a message. What is left to a client is to come back after
 * a loss, and not to come back with everybody else at the same moment, hence full jitter.
 */

import { Socket } from "./sockets.js";

const BACKOFF_BASE = 500;
const BACKOFF_CAP = 10_000;
const BACKOFF_FLOOR = 150;
/** A connection that held this long starts its next backoff afresh. */
const STABLE_AFTER = 5_000;
/** To open the socket and to be told that the subscription stands; the server itself needs 2 s at most. */
const OPEN_TIMEOUT = 8_000;

const CLOSE_REFUSED = 1008;
const CLOSE_TOO_BIG = 1009;

export function backoff(attempt, random = Math.random) {
	const ceiling = Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** Math.min(attempt, 10));
	return Math.max(BACKOFF_FLOOR, Math.round(random() * ceiling));
}

function lossOf(event, wasReady) {
	switch (event.code) {
		case 1001:
			return "node stopped";
		case CLOSE_TOO_BIG:
			return "message too big";
		case 1013:
			return "too slow";
		default:
			return wasReady ? "connection lost" : "node down";
	}
}

/**
 * Fires "state" after every change of `state` and "message" (detail: the frame and when it arrived) for each frame of
 * the channel.
 *
 * States: `connecting`, `live`, `degraded` (connected, but the node could not confirm its subscription on the relay),
 * `waiting` (until `retryAt`), `refused` (final until `retry()`), `closed`.
 */
export class Connection extends EventTarget {

	#url;
	#socket = null;
	#timer = 0;
	#attempt = 0;
	#readySince = 0;

	constructor(url) {
		super();
		this.#url = new URL(url);
		this.#url.searchParams.set("ack", "true");
		this.state = "closed";
		this.node = null;
		this.reason = "";
		this.retryAt = 0;
		this.onWake = () => {
			if (this.state === "waiting" && document.visibilityState === "visible") {
				this.retry();
			}
		};
	}

	get open() {
		return this.state === "live" || this.state === "degraded";
	}

	start() {
		addEventListener("online", this.onWake);
		document.addEventListener("visibilitychange", this.onWake);
		this.#connect();
	}

	stop() {
		removeEventListener("online", this.onWake);
		document.removeEventListener("visibilitychange", this.onWake);
		this.#drop();
		this.#become("closed", "");
	}

	/** Does not wait for the end of the backoff. */
	retry() {
		if (!this.open && this.state !== "connecting") {
			this.#connect();
		}
	}

	/** For a connection that pretends to live: an echo that is overdue, for example. */
	suspect(reason) {
		if (this.open) {
			this.#lost(reason);
		}
	}

	/** Whether the frame was handed to the socket; only its echo tells that it arrived. */
	send(frame) {
		if (!this.open) {
			return false;
		}
		this.#socket.send(frame);
		return true;
	}

	#connect() {
		this.#drop();
		this.#become("connecting", this.reason);
		const socket = new Socket(this.#url.href);
		this.#socket = socket;
		this.#timer = setTimeout(() => this.#lost("no answer"), OPEN_TIMEOUT);
		socket.onmessage = (frame, at) => this.#received(frame, at);
		socket.onclose = (event) => {
			const wasReady = this.open;
			if (event.code === CLOSE_REFUSED) {
				this.#drop();
				this.#become("refused", event.reason || "The node refused this room");
				return;
			}
			this.#lost(lossOf(event, wasReady));
		};
	}

	#received(frame, at) {
		if (!this.open) {
			const ready = readyFrame(frame);
			if (ready) {
				clearTimeout(this.#timer);
				this.#readySince = performance.now();
				this.node = ready.node;
				this.#become(ready.degraded ? "degraded" : "live", "");
				return;
			}
		}
		this.dispatchEvent(new CustomEvent("message", { detail: { frame, at } }));
	}

	#lost(reason) {
		if (this.open && performance.now() - this.#readySince > STABLE_AFTER) {
			this.#attempt = 0;
		}
		this.#drop();
		const delay = backoff(this.#attempt++);
		this.retryAt = Date.now() + delay;
		this.#timer = setTimeout(() => this.#connect(), delay);
		this.#become("waiting", reason);
	}

	#drop() {
		clearTimeout(this.#timer);
		const socket = this.#socket;
		this.#socket = null;
		if (socket) {
			socket.onmessage = null;
			socket.onclose = null;
			socket.close();
		}
	}

	#become(state, reason) {
		this.state = state;
		this.reason = reason;
		this.dispatchEvent(new Event("state"));
	}

}

function readyFrame(frame) {
	if (typeof frame !== "string") {
		return null;
	}
	try {
		const value = JSON.parse(frame);
		return value?.type === "ready" && typeof value.node === "string" ? value : null;
	}
	catch {
		return null;
	}
}
