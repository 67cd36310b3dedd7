// The unmodified centrifuge client against a door of this project. Runs one scenario and
// prints what it has seen as one JSON line for the test that runs this.
//
// Usage: node centrifuge-door.mjs SCENARIO URL [TRANSPORT ENDPOINT...]
// Without WebSocket, commands go to the endpoints in turn, which may be those of other nodes.
import { Centrifuge } from 'centrifuge';
import { EventSource } from 'eventsource';
import { WebSocket } from 'ws';

const [scenario, url, transport, ...endpoints] = process.argv.slice(2);
const seen = {};

function finish(error) {
	process.stdout.write(JSON.stringify({ ...seen, error: error ?? null }) + '\n', () => process.exit(0));
}

setTimeout(() => finish('timeout'), 30_000);
process.on('unhandledRejection', (reason) => finish('rejected: ' + JSON.stringify(reason)));

/** Sockets or streams of a client, the latest last, so that a scenario can cut them. */
function connect(options = {}) {
	const sockets = [];
	const common = { minReconnectDelay: 50, maxReconnectDelay: 500, ...options };
	const client = transport ? overHttp(sockets, common) : overSockets(sockets, common);
	client.sockets = sockets;
	client.connect();
	return client;
}

function overSockets(sockets, options) {
	class Socket extends WebSocket {
		constructor(...args) {
			super(...args);
			sockets.push(this);
		}
	}
	return new Centrifuge(url, { websocket: Socket, ...options });
}

let requests = 0;

function overHttp(sockets, options) {
	const stream = (target, init) => {
		const cut = new AbortController();
		sockets.push({ terminate: () => cut.abort(new Error('cut')) });
		return fetch(target, { ...init, signal: AbortSignal.any([init.signal, cut.signal]) });
	};
	class Stream extends EventSource {
		constructor(target, init) {
			super(target, { ...init, fetch: stream });
		}
	}
	return new Centrifuge([{ transport, endpoint: url }], {
		emulationEndpoint: endpoints[0],
		eventsource: Stream,
		readableStream: ReadableStream,
		fetch: (target, init) => (target === endpoints[0]) ? fetch(endpoints[requests++ % endpoints.length], init)
			: stream(target, init),
		...options
	});
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

	async recovery() {
		const a = connect();
		const b = connect();
		const subscription = subscribe(a, 'log/js');
		const other = subscribe(b, 'log/js');
		const first = once(subscription, 'subscribed');
		await Promise.all([subscription.ready(), other.ready()]);
		seen.first = { recovered: (await first).recovered, wasRecovering: (await first).wasRecovering };
		for (let i = 0; i < 3; i++) {
			await other.publish({ i });
		}
		await until(() => subscription.messages.length === 3);
		const again = once(subscription, 'subscribed');
		a.sockets.at(-1).terminate();
		for (let i = 3; i < 20; i++) {
			await other.publish({ i });
		}
		const context = await again;
		seen.again = { recovered: context.recovered, wasRecovering: context.wasRecovering };
		await until(() => subscription.messages.length >= 20);
		await other.publish({ i: 20 });
		await until(() => subscription.messages.length >= 21);
		seen.messages = subscription.messages.map((each) => each.data.i);
		seen.offsets = subscription.messages.map((each) => each.offset);

		const stranger = subscribe(connect(), 'log/js', { since: { epoch: 'another', offset: 2 } });
		const unrecovered = await once(stranger, 'subscribed');
		seen.unrecovered = { recovered: unrecovered.recovered, wasRecovering: unrecovered.wasRecovering };

		const anyEpoch = subscribe(connect(), 'log/js', { since: { epoch: '', offset: 19 } });
		const wildcard = await once(anyEpoch, 'subscribed');
		seen.wildcard = { recovered: wildcard.recovered, wasRecovering: wildcard.wasRecovering };
		await until(() => anyEpoch.messages.length >= 2);
		seen.wildcardMessages = anyEpoch.messages.map((each) => each.data.i);
	},

	async history() {
		const client = connect();
		const subscription = subscribe(client, 'log/history');
		await subscription.ready();
		for (let i = 0; i < 10; i++) {
			await subscription.publish(i);
		}
		const data = (result) => result.publications.map((each) => each.data);
		const none = await subscription.history({ limit: 0 });
		seen.none = { offset: none.offset, publications: none.publications.length, hasEpoch: none.epoch !== '' };
		seen.all = data(await subscription.history({ limit: -1 }));
		const page = await subscription.history({ limit: 3 });
		seen.page = data(page);
		const last = page.publications.at(-1);
		seen.next = data(await subscription.history({ limit: 3, since: { offset: last.offset, epoch: page.epoch } }));
		seen.reverse = data(await subscription.history({ limit: 2, reverse: true }));
		seen.otherEpoch = await subscription.history({ limit: 3, since: { offset: 1, epoch: 'another' } })
			.catch((error) => error.code);
		const ephemeral = subscribe(client, 'chat/history');
		await ephemeral.ready();
		seen.ephemeral = await ephemeral.history({ limit: 3 }).catch((error) => error.code);
	},

	async presence() {
		const a = connect();
		const b = connect();
		const told = { join: [], leave: [] };
		const watching = subscribe(a, 'chat/presence', { joinLeave: true });
		watching.on('join', (context) => told.join.push(context.info.client));
		watching.on('leave', (context) => told.leave.push(context.info.client));
		await watching.ready();
		const other = subscribe(b, 'chat/presence');
		await other.ready();
		const clientOf = async (client) => {
			const presence = await client.presence('chat/presence');
			return Object.keys(presence.clients);
		};
		seen.count = (await clientOf(a)).length;
		const stats = await watching.presenceStats();
		seen.stats = { clients: stats.numClients, users: stats.numUsers };
		await until(() => told.join.length > 0);
		other.unsubscribe();
		await until(() => told.leave.length > 0);
		seen.sameClient = told.join.length === 1 && told.join[0] === told.leave[0];
		seen.after = (await clientOf(a)).length;
		seen.unavailable = await a.presence('log/presence').catch((error) => error.code);
	},

	async rpc() {
		const client = connect();
		await client.ready();
		seen.sum = (await client.rpc('sum', { a: 2, b: 3 })).data;
		seen.text = (await client.rpc('shout', 'hello')).data;
		seen.nothing = (await client.rpc('nothing', null)).data;
		seen.invalid = await client.rpc('sum', { a: 'x' }).catch((error) => error.code);
		seen.refused = await client.rpc('refuse', {}).catch((error) => error);
		seen.unknown = await client.rpc('unknown', {}).catch((error) => error.code);
		const many = [];
		for (let i = 0; i < 20; i++) {
			many.push(client.rpc('sum', { a: i, b: 1 }).then((result) => result.data.sum));
		}
		seen.many = await Promise.all(many);
	},

	async errors() {
		const client = connect();
		const codes = {};
		for (const channel of ['unknown', 'members/js', 'bad name']) {
			const subscription = subscribe(client, channel);
			codes[channel] = (await once(subscription, 'unsubscribed')).code;
		}
		const quiet = subscribe(client, 'news/js');
		await quiet.ready();
		codes.publish = await quiet.publish('x').catch((error) => error.code);
		codes.elsewhere = await client.publish('chat/elsewhere', 'x').catch((error) => error.code);
		seen.codes = codes;
		seen.state = client.state;
	},

	async serverSide() {
		const client = connect({ token: 'alice' });
		const events = [];
		client.on('subscribed', (context) => events.push('subscribed ' + context.channel));
		client.on('unsubscribed', (context) => events.push('unsubscribed ' + context.channel));
		client.on('publication', (context) => events.push('publication ' + context.data));
		client.on('message', (context) => events.push('message ' + context.data));
		await client.ready();
		const disconnected = once(client, 'disconnected');
		const own = subscribe(client, 'chat/own');
		own.on('unsubscribed', (context) => events.push('own ' + context.code));
		await own.ready();
		// Tells the node that this one knows of its subscription
		subscribe(client, 'chat/go');
		seen.disconnected = (await disconnected).code;
		seen.events = events;
	},

};

await scenarios[scenario]();
finish();
