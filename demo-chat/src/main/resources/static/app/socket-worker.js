/**
 * Keeps the sockets away from the page's thread: a page that is busy drawing would count its own delay as the network's,
 * and a page in the background would be slowed down.
 */

const sockets = new Map();

const now = () => performance.timeOrigin + performance.now();

onmessage = ({ data: { id, open, send, close } }) => {
	if (open) {
		const socket = new WebSocket(open);
		socket.binaryType = "arraybuffer";
		socket.onopen = () => postMessage({ id, opened: true });
		socket.onmessage = (event) => postMessage({ id, frame: event.data, at: now() });
		socket.onclose = (event) => {
			sockets.delete(id);
			postMessage({ id, closed: { code: event.code, reason: event.reason } });
		};
		sockets.set(id, socket);
		return;
	}
	const socket = sockets.get(id);
	if (send !== undefined) {
		if (socket?.readyState === WebSocket.OPEN) {
			socket.send(send);
		}
		return;
	}
	if (close && socket) {
		sockets.delete(id);
		socket.onopen = () => postMessage({ id, opened: true });
		socket.onmessage = null;
		socket.onclose = null;
		socket.close();
	}
};
