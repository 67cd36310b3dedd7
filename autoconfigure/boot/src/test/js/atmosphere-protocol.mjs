// The unmodified atmosphere.js client in its protocol mode: what it hears until a message
// says "end", over a reconnect in between, is printed as one JSON line for the test that
// runs this.
//
// Usage: node atmosphere-protocol.mjs URL
import { WebSocket } from 'ws';

// Browsers bring one; Node.js does so only in later versions.
globalThis.WebSocket ??= WebSocket;

const { atmosphere } = await import('atmosphere.js');
const events = [];
const messages = [];

function finish(error) {
	process.stdout.write(JSON.stringify({ events, messages, error: error ?? null }) + '\n', () => process.exit(0));
}

setTimeout(() => finish('timeout'), 45_000);
let subscription;
let opened = false;

function greet() {
	if (opened && subscription) {
		subscription.push('hello|world');
	}
}

subscription = await atmosphere.subscribe(
	{ url: process.argv[2], transport: 'websocket', reconnect: true, enableProtocol: true },
	{
		open: () => {
			events.push('open');
			opened = true;
			greet();
		},
		reopen: () => events.push('reopen'),
		message: (response) => {
			messages.push(response.responseBody);
			if (response.responseBody === 'end') {
				// Whatever it might send by itself has the time to
				setTimeout(() => finish(), 1_000);
			}
		},
		error: (error) => finish(String(error)),
	});
if (opened && messages.length === 0) {
	greet();
}
