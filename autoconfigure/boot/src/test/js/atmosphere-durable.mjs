// The unmodified atmosphere.js client in its plain mode, with a durable session by the
// parameters of its URL. It sends messages once it is told that it is subscribed, if it is to,
// and prints what it gets as one JSON line for the test that runs this.
//
// Usage: node atmosphere-durable.mjs URL SEND LAST
import { WebSocket } from 'ws';

// Browsers bring one; Node.js does so only in later versions.
globalThis.WebSocket ??= WebSocket;

const { atmosphere } = await import('atmosphere.js');
const [url, send, last] = process.argv.slice(2);
const frames = [];
const messages = [];

function finish(error) {
	process.stdout.write(JSON.stringify({ frames, messages, error: error ?? null }) + '\n', () => process.exit(0));
}

setTimeout(() => finish('timeout'), 20_000);
// The first frames may come before the client has said that it is connected
const connected = atmosphere.subscribe({ url, transport: 'websocket', reconnect: false }, {
	message: (response) => {
		const body = String(response.responseBody);
		if (!body.startsWith('{"type":')) {
			messages.push(body);
		}
		else {
			frames.push(JSON.parse(body));
			if (frames.at(-1).type === 'subscribed') {
				connected.then((subscription) => {
					for (let i = 0; i < Number(send); i++) {
						subscription.push(`message ${i}`);
					}
				});
			}
		}
		if (body === last) {
			finish();
		}
	},
	error: (error) => finish(String(error)),
});
await connected;
