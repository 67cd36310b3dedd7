// The unmodified centrifuge client against a door of this project. Runs one scenario and
// prints what it has seen as one JSON line for the test that runs this.
//
// Usage: node centrifuge-door.mjs SCENARIO URL
import { Centrifuge } from 'centrifuge';
import { WebSocket } from 'ws';

const [scenario, url] = process.argv.slice(2);
const seen = {};

function finish(error) {
	process.stdout.write(JSON.stringify({ ...seen, error: error ?? null }) + '\n', () => process.exit(0));
}

setTimeout(() => finish('timeout'), 30_000);
process.on('unhandledRejection', (reason) => finish('rejected: ' + JSON.stringify(reason)));

/** Sockets of a client, the latest last, so that a scenario can cut them. */
function connect(options = {}) {
	const sockets = [];
	class Socket extends WebSocket {
		constructor(...args) {
			super(...args);
			sockets.push(this);
		}
	}
	const client = new Centrifuge(url, { websocket: Socket, minReconnectDelay: 50, maxReconnectDelay: 500, ...options });
	client.sockets = sockets;
	client.connect();
	return client;
}

function subscribe(client, channel, options = {}) {
	const subscription = client.newSubscription(channel, options);
	subscription.messages = [];
	subscription.on('publication', (context) => subscription.messages.push(context));
	subscription.subscribe();
	return subscription;
}

async function until(condition) {
	while (!condition()) {
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

function once(emitter, event) {
	return new Promise((resolve) => emitter.once(event, resolve));
}

const scenarios = {

	async publish() {
		const client = connect();
		const subscription = subscribe(client, 'chat/js');
		const connected = await client.ready().then(() => client.transport);
		await subscription.ready();
		const payloads = [{ text: 'grüße 😀\nzweite Zeile' }, 'text', 42, null, [1, { a: 'b' }], true];
		for (const each of payloads) {
			await subscription.publish(each);
		}
		await until(() => subscription.messages.length >= payloads.length);
		seen.messages = subscription.messages.map((each) => each.data);
		await client.send({ nobody: 'takes this' });
		subscription.unsubscribe();
		seen.state = client.state;
	},

};

await scenarios[scenario]();
finish();
