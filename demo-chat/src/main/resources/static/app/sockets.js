/**
 * The page's end of the worker that holds its sockets.
 */

const worker = new Worker(new URL("socket-worker.js", import.meta.url));
const sockets = new Map();
let last = 0;

/** The same clock as the worker's. */
export function now() {
	return performance.timeOrigin + performance.now();
}

worker.onmessage = ({ data: { id, frame, at, closed } }) => {
	const socket = sockets.get(id);
	if (closed) {
		sockets.delete(id);
		socket?.onclose?.(closed);
	}
	else {
		socket?.onmessage?.(frame, at);
	}
};

/** As much of a WebSocket as the page needs; a message comes with the time of its arrival. */
export class Socket {

	#id = ++last;

	constructor(url) {
		this.onmessage = null;
		this.onclose = null;
		sockets.set(this.#id, this);
		worker.postMessage({ id: this.#id, open: url });
	}

	send(frame) {
		worker.postMessage({ id: this.#id, send: frame });
	}

	close() {
		sockets.delete(this.#id);
		worker.postMessage({ id: this.#id, close: true });
	}

}
