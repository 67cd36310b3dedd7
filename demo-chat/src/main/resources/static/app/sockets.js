/**
 * The page's end of the worker that holds its sockets.
 */

const worker = new Worker(new URL("socket-worker.js", import.meta.url));
const sockets = new Map();
let last = 0;
let arrival = 0;

/** The same clock as the worker's. */
export function now() {
	return performance.timeOrigin + performance.now();
}

/** When the frame that is being handled had arrived. What has come in another way is handled at once. */
export function arrivedAt() {
	return arrival || now();
}

worker.onmessage = ({ data: { id, opened, frame, at, closed } }) => {
	const socket = sockets.get(id);
	if (closed) {
		sockets.delete(id);
		socket?.closed(closed);
	}
	else if (opened) {
		socket?.opened();
	}
	else {
		arrival = at;
		socket?.onmessage?.({ data: frame });
		arrival = 0;
	}
};

/** As much of a WebSocket as the client needs. */
export class Socket {

	#id = ++last;

	constructor(url) {
		this.readyState = WebSocket.CONNECTING;
		this.onopen = null;
		this.onmessage = null;
		this.onclose = null;
		this.onerror = null;
		sockets.set(this.#id, this);
		worker.postMessage({ id: this.#id, open: url });
	}

	send(frame) {
		worker.postMessage({ id: this.#id, send: frame });
	}

	close() {
		this.readyState = WebSocket.CLOSED;
		sockets.delete(this.#id);
		worker.postMessage({ id: this.#id, close: true });
	}

	opened() {
		this.readyState = WebSocket.OPEN;
		this.onopen?.();
	}

	closed(event) {
		this.readyState = WebSocket.CLOSED;
		this.onclose?.(event);
	}

}
