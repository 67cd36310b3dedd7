// The unmodified atmosphere.js client in its plain mode. Two clients on two nodes exchange
// text and binary; what arrives is printed as one JSON line for the test that runs this.
//
// Usage: node atmosphere-plain.mjs URL_A URL_B MESSAGES
import { WebSocket } from 'ws';

// Browsers bring one; Node.js does so only in later versions.
globalThis.WebSocket ??= WebSocket;

const { atmosphere } = await import('atmosphere.js');
const [urlA, urlB, count] = process.argv.slice(2);
const received = { a: [], b: [] };
const expected = Number(count) + 1;

function complete() {
	return received.a.length >= expected && received.b.length >= expected;
}

async function connect(name, url) {
	let opened;
	const open = new Promise((resolve) => {
		opened = resolve;
	});
	const subscription = await atmosphere.subscribe({ url, transport: 'websocket', reconnect: true }, {
		open: () => opened(),
		message: (response) => {
			const body = response.responseBody;
			received[name].push(typeof body === 'string' ? body : Buffer.from(body).toString('hex'));
			if (complete()) {
				finish();
			}
		},
		error: (error) => finish(String(error)),
	});
	await open;
	return subscription;
}

function finish(error) {
	process.stdout.write(JSON.stringify({ ...received, error: error ?? null }) + '\n', () => process.exit(0));
}

setTimeout(() => finish('timeout'), 20_000);
await connect('b', urlB);
const a = await connect('a', urlA);
for (let i = 0; i < Number(count); i++) {
	a.push(`message ${i} grüße`);
}
a.push(new Uint8Array([0xff, 0x00, 0x58]).buffer);
