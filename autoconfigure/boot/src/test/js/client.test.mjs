// The browser client against a fake server: what it says, and what it makes of what it hears.
// Run with: node --test client.test.mjs
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { WebSocket } from 'ws';
import { Client, Code, CommandError, ErrorCode, UnauthorizedError, backoff } from './client.js';
import { FakeServer } from './fake-server.mjs';

const open = [];

async function start(answers, options) {
	const server = await FakeServer.start(answers);
	const client = new Client(server.url, { websocket: WebSocket, transports: ['websocket'], minReconnectDelay: 10, maxReconnectDelay: 20, ...options });
	open.push({ server, client });
	return { server, client };
}

afterEach(async () => {
	for (const { server, client } of open.splice(0)) {
		client.disconnect();
		await server.close();
	}
});

/** The next event, or the next that fits. */
function next(emitter, event, fits = () => true) {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error(`no ${event}`)), 5_000);
		const listener = (context) => {
			if (fits(context)) {
				clearTimeout(timer);
				emitter.off(event, listener);
				resolve(context);
			}
		};
		emitter.on(event, listener);
	});
}

function recorded({ channel, recover, offset = 0 }) {
	const publications = recover ? [{ data: 'missed', offset: offset + 1 }] : [];
	return { subscribe: { recoverable: true, epoch: 'e', offset: recover ? offset : 7, recovered: recover, was_recovering: recover,
		publications } };
}

test('connects with token, name and data, and tells who it is', async () => {
	const { server, client } = await start({ connect: { connect: { client: 'c7', data: { hello: 1 } } } },
			{ token: 't', data: { from: 'page' } });
	client.connect();
	const context = await next(client, 'connected');
	assert.equal(context.client, 'c7');
	assert.deepEqual(context.data, { hello: 1 });
	assert.deepEqual(server.named('connect'), [{ command: 'connect', name: 'atmosphere', token: 't', data: { from: 'page' } }]);
});

test('takes an http address and makes a socket of it', async () => {
	const { server, client } = await start();
	const other = new Client(server.url.replace('ws:', 'http:'), { websocket: WebSocket });
	open.push({ server, client: other });
	other.connect();
	await other.ready(2_000);
	assert.equal(client.state, 'disconnected');
});

test('asks for all subscriptions in one frame', async () => {
	const { server, client } = await start();
	for (let i = 0; i < 3; i++) {
		client.newSubscription(`c${i}`).subscribe();
	}
	client.connect();
	await Promise.all(Object.values(client.subscriptions()).map((each) => each.ready(2_000)));
	assert.equal(server.frames.length, 2);
	assert.deepEqual(server.named('subscribe').map((each) => each.channel), ['c0', 'c1', 'c2']);
});

test('has one subscription for a channel', async () => {
	const { client } = await start();
	const first = client.newSubscription('a');
	assert.throws(() => client.newSubscription('a'), /already/);
	assert.equal(client.getSubscription('a'), first);
	client.removeSubscription(first);
	assert.equal(client.getSubscription('a'), null);
});

test('hands out what follows the reply in the same frame', async () => {
	const { client } = await start({ subscribe: (body) => ({ ...recorded(body),
		after: [{ push: { channel: 'a', pub: { data: 1, offset: 8 } } }, { push: { channel: 'a', pub: { data: 2, offset: 9 } } }] }) });
	const subscription = client.newSubscription('a');
	const got = [];
	subscription.on('publication', ({ data }) => got.push(data));
	subscription.subscribe();
	client.connect();
	await next(subscription, 'publication', ({ data }) => data === 2);
	assert.deepEqual(got, [1, 2]);
	assert.deepEqual(subscription.position, { epoch: 'e', offset: 9 });
});

test('comes back with its position and gets what it has missed', async () => {
	const { server, client } = await start({ subscribe: recorded });
	const subscription = client.newSubscription('a');
	const got = [];
	subscription.on('publication', ({ data, offset }) => got.push([data, offset]));
	subscription.subscribe();
	client.connect();
	await subscription.ready();
	server.push('a', { pub: { data: 'live', offset: 8 } });
	await next(subscription, 'publication');
	server.socket.terminate();
	const lost = await next(subscription, 'subscribing');
	assert.equal(lost.code, 1);
	const context = await next(subscription, 'subscribed');
	assert.equal(context.wasRecovering, true);
	assert.equal(context.recovered, true);
	assert.equal(context.hasRecoveredPublications, true);
	assert.deepEqual(server.named('subscribe').at(-1), { command: 'subscribe', channel: 'a', recoverable: true, recover: true, epoch: 'e', offset: 8 });
	assert.deepEqual(got, [['live', 8], ['missed', 9]]);
	assert.deepEqual(subscription.position, { epoch: 'e', offset: 9 });
});

test('says when it could not be recovered, and goes on from the new position', async () => {
	const { server, client } = await start({ subscribe: ({ recover }) => ({ subscribe: { recoverable: true, epoch: recover ? 'f' : 'e',
		offset: recover ? 3 : 9, was_recovering: recover } }) });
	const subscription = client.newSubscription('a');
	subscription.subscribe();
	client.connect();
	await subscription.ready();
	server.socket.terminate();
	const context = await next(subscription, 'subscribed');
	assert.equal(context.wasRecovering, true);
	assert.equal(context.recovered, false);
	assert.deepEqual(context.streamPosition, { offset: 3, epoch: 'f' });
	server.push('a', { pub: { data: 'low', offset: 4 } });
	assert.equal((await next(subscription, 'publication')).offset, 4);
});

test('starts from a position that the page has kept', async () => {
	const { server, client } = await start({ subscribe: recorded });
	const subscription = client.newSubscription('a', { since: { offset: 41, epoch: 'e' } });
	subscription.subscribe();
	client.connect();
	assert.equal((await next(subscription, 'publication')).offset, 42);
	assert.equal(server.named('subscribe')[0].offset, 41);
});

test('drops what it has had', async () => {
	const { server, client } = await start({ subscribe: recorded });
	const subscription = client.newSubscription('a');
	const got = [];
	subscription.on('publication', ({ offset }) => got.push(offset));
	subscription.subscribe();
	client.connect();
	await subscription.ready();
	[8, 8, 7, 9].forEach((offset) => server.push('a', { pub: { data: 1, offset } }));
	await next(subscription, 'publication', ({ offset }) => offset === 9);
	assert.deepEqual(got, [8, 9]);
});

test('publishes, asks for history and presence, and calls', async () => {
	const { server, client } = await start({
		history: { history: { publications: [{ data: 'x', offset: 3, info: { client: 'c', user: 'u' } }], epoch: 'e', offset: 3 } },
		presence: { presence: { presence: { c: { client: 'c', user: 'u', conn_info: { a: 1 } } } } },
		presence_stats: { presence_stats: { num_clients: 2, num_users: 1 } },
		rpc: ({ data }) => ({ rpc: { data: { got: data } } }) });
	client.connect();
	assert.deepEqual(await client.publish('a', { text: 'hi\nthere' }), {});
	assert.deepEqual(await client.history('a', { limit: 5, since: { offset: 2, epoch: 'e' }, reverse: true }), { epoch: 'e', offset: 3,
		publications: [{ channel: 'a', data: 'x', offset: 3, info: { client: 'c', user: 'u', connInfo: undefined, chanInfo: undefined } }] });
	assert.deepEqual((await client.presence('a')).clients.c.connInfo, { a: 1 });
	assert.deepEqual(await client.presenceStats('a'), { numClients: 2, numUsers: 1 });
	assert.deepEqual(await client.rpc('add', [1, 2]), { data: { got: [1, 2] } });
	await client.send('bye');
	await server.until(() => server.named('send').length === 1);
	assert.deepEqual(server.named('publish'), [{ command: 'publish', channel: 'a', data: { text: 'hi\nthere' } }]);
});

test('a refused command is rejected with its code', async () => {
	const { client } = await start({ publish: { error: { code: 103, message: 'permission denied' } } });
	client.connect();
	await assert.rejects(client.publish('a', 1), (error) => error instanceof CommandError && error.code === 103 && !error.temporary);
});

test('a command without an answer is rejected, and so is one whose connection ends', async () => {
	const { server, client } = await start({ rpc: null }, { timeout: 500 });
	client.connect();
	await assert.rejects(client.rpc('silent'), { code: ErrorCode.TIMEOUT });
	const cut = assert.rejects(client.rpc('silent'), { code: ErrorCode.CONNECTION_CLOSED });
	await server.until(() => server.named('rpc').length === 2);
	server.socket.terminate();
	await cut;
});

test('refuses commands while it is not meant to be connected', async () => {
	const { client } = await start();
	await assert.rejects(client.publish('a', 1), { code: ErrorCode.CLIENT_DISCONNECTED });
	await assert.rejects(client.newSubscription('a').publish(1), { code: ErrorCode.UNSUBSCRIBED });
});

test('a temporary error of one subscription is tried again, and the connection stays', async () => {
	let left = 2;
	const { server, client } = await start({ subscribe: () => left-- > 0 ? { error: { code: 100, message: 'internal', temporary: true } } : undefined });
	const subscription = client.newSubscription('a', { minResubscribeDelay: 5, maxResubscribeDelay: 10 });
	const errors = [];
	subscription.on('error', ({ error }) => errors.push(error.code));
	subscription.subscribe();
	client.connect();
	await subscription.ready(2_000);
	assert.deepEqual(errors, [100, 100]);
	assert.equal(server.sockets.length, 1);
});

test('a final error ends the subscription, and those who wait for it hear so', async () => {
	const { client } = await start({ subscribe: { error: { code: 103, message: 'permission denied' } } });
	const subscription = client.newSubscription('a');
	const ended = next(subscription, 'unsubscribed');
	subscription.subscribe();
	client.connect();
	await assert.rejects(subscription.ready(), { code: ErrorCode.UNSUBSCRIBED });
	assert.deepEqual(await ended, { channel: 'a', code: 103, reason: 'permission denied' });
	assert.equal(client.state, 'connected');
});

test('a subscribe without an answer makes a new connection', async () => {
	let silent = true;
	const { server, client } = await start({ subscribe: () => silent ? null : undefined }, { timeout: 500 });
	const subscription = client.newSubscription('a');
	subscription.subscribe();
	client.connect();
	const { code } = await next(client, 'connecting', ({ code }) => code !== Code.CALLED);
	silent = false;
	assert.equal(code, 3);
	await subscription.ready(2_000);
	assert.equal(server.sockets.length, 2);
});

test('an unsubscribe of the server ends the subscription, or makes it subscribe again', async () => {
	const { server, client } = await start({ subscribe: recorded });
	const subscription = client.newSubscription('a');
	subscription.subscribe();
	client.connect();
	await subscription.ready();
	server.push('a', { unsubscribe: { code: 2500, reason: 'insufficient state' } });
	assert.equal((await next(subscription, 'subscribed')).recovered, true);
	server.push('a', { unsubscribe: { code: 2000, reason: 'server unsubscribe' } });
	assert.equal((await next(subscription, 'unsubscribed')).code, 2000);
	assert.equal(server.named('subscribe').length, 2);
	assert.equal(server.named('unsubscribe').length, 0);
});

test('unsubscribes, and subscribes again from where it was', async () => {
	const { server, client } = await start({ subscribe: recorded });
	const subscription = client.newSubscription('a');
	subscription.subscribe();
	client.connect();
	await subscription.ready();
	subscription.unsubscribe();
	assert.equal(subscription.state, 'unsubscribed');
	subscription.subscribe();
	assert.equal((await next(subscription, 'subscribed')).recovered, true);
	assert.deepEqual(server.commands.slice(-2).map((each) => each.command), ['unsubscribe', 'subscribe']);
});

test('goes to the next node when one does not answer, and when one is about to stop', async () => {
	const { server, client } = await start({ subscribe: recorded });
	const other = await FakeServer.start({ subscribe: recorded });
	const gone = await FakeServer.start();
	const nowhere = gone.url;
	await gone.close();
	const wanderer = new Client([nowhere, server.url, other.url], { websocket: WebSocket, minReconnectDelay: 10, maxReconnectDelay: 20 });
	open.push({ server: other, client: wanderer });
	const errors = [];
	wanderer.on('error', ({ type }) => errors.push(type));
	const subscription = wanderer.newSubscription('a');
	subscription.subscribe();
	wanderer.connect();
	await subscription.ready(2_000);
	assert.equal(wanderer.url, server.url);
	assert.deepEqual(errors, ['transport']);
	server.socket.terminate();
	assert.equal((await next(subscription, 'subscribed')).recovered, true);
	assert.equal(wanderer.url, server.url, 'a lost connection is no reason to go');
	server.socket.close(3001, 'shutdown');
	assert.equal((await next(subscription, 'subscribed')).recovered, true);
	assert.equal(wanderer.url, other.url);
	assert.equal(client.state, 'disconnected');
});

test('terminal close codes end it, whatever the reason; the others do not', async () => {
	for (const [code, ends] of [[3500, true], [3501, true], [4500, true], [1009, true], [1000, false], [1011, false], [3000, false],
			[3008, false], [4000, false]]) {
		const { server, client } = await start();
		client.connect();
		await client.ready();
		const left = next(client, 'state');
		server.socket.close(code, '');
		const { newState } = await left;
		assert.equal(newState, ends ? 'disconnected' : 'connecting', `code ${code}`);
	}
});

test('a refused connect ends it, a temporarily refused one does not', async () => {
	const answers = [{ error: { code: 111, message: 'too many requests', temporary: true } }, { error: { code: 101, message: 'unauthorized' } }];
	const { server, client } = await start({ connect: () => answers.shift() });
	client.connect();
	const { code } = await next(client, 'disconnected');
	assert.equal(code, 101);
	assert.equal(server.sockets.length, 2);
});

test('an expired token is asked for anew before the next attempt', async () => {
	const tokens = ['old', 'new'];
	const { server, client } = await start({ connect: ({ token }) => token === 'old' ? { error: { code: 109, message: 'token expired' } }
			: { connect: { client: 'c' } } }, { getToken: async () => tokens.shift() });
	client.connect();
	await client.ready(2_000);
	assert.deepEqual(server.named('connect').map((each) => each.token), ['old', 'new']);
});

test('no right to a token ends it; a failure to fetch one does not', async () => {
	const answers = [() => { throw new Error('offline'); }, () => { throw new UnauthorizedError(); }];
	const { client } = await start({}, { getToken: async () => answers.shift()() });
	const errors = [];
	client.on('error', ({ error }) => errors.push(error.code));
	client.connect();
	assert.equal((await next(client, 'disconnected')).code, Code.UNAUTHORIZED);
	assert.deepEqual(errors, [ErrorCode.CONNECT_TOKEN]);
});

test('refreshes tokens before they end, the connection\'s and the subscription\'s', async () => {
	let made = 0;
	const getToken = async ({ channel } = {}) => `${channel ?? 'connection'}-${++made}`;
	const { server, client } = await start({ connect: { connect: { client: 'c', expires: true, ttl: 1 } },
		subscribe: { subscribe: { expires: true, ttl: 1 } }, refresh: { refresh: { expires: true, ttl: 100 } },
		sub_refresh: { sub_refresh: { expires: true, ttl: 100 } } }, { getToken });
	client.newSubscription('a', { getToken }).subscribe();
	client.connect();
	await server.until(() => server.named('refresh').length && server.named('sub_refresh').length);
	assert.match(server.named('refresh')[0].token, /^connection-/);
	assert.match(server.named('sub_refresh')[0].token, /^a-/);
	assert.equal(server.sockets.length, 1);
});

test('answers pings, and does not trust a server that has stopped to send them', async () => {
	const { server, client } = await start({ connect: { connect: { client: 'c', ping: 0.02, pong: true } } }, { maxServerPingDelay: 60 });
	client.connect();
	await client.ready();
	server.socket.send('{}');
	await server.until(() => server.named('pong').length === 1);
	assert.deepEqual(await next(client, 'connecting', ({ code }) => code !== 0), { code: 2, reason: 'no ping' });
});

test('does not ask the door why more than a few times, nor a door of another origin', async () => {
	const asked = [];
	const fetched = globalThis.fetch;
	globalThis.fetch = async (url) => {
		asked.push(String(url));
		return { status: 503, type: 'basic' };
	};
	try {
		const { server, client } = await start();
		server.server.shouldHandle = () => false;
		const failures = [];
		client.on('error', ({ type }) => failures.push(type));
		client.connect();
		await server.until(() => failures.length >= 20, 5_000, 10);
		client.disconnect();
		assert.ok(asked.length >= 4 && asked.length <= 6, `${asked.length} of ${failures.length}`);
		assert.equal(asked[0], server.url.replace('ws:', 'http:'));
		asked.length = 0;
		globalThis.location = new URL('http://elsewhere.example');
		client.connect();
		await next(client, 'error');
		assert.deepEqual(asked, []);
	}
	finally {
		globalThis.fetch = fetched;
		delete globalThis.location;
	}
});

test('takes subscriptions that the server has made, and recovers them with the connect', async () => {
	const { server, client } = await start({ connect: ({ subs }) => ({ connect: { client: 'c', subs: { mine: { recoverable: true, epoch: 'e',
		offset: subs?.mine?.offset ?? 5, recovered: Boolean(subs), was_recovering: Boolean(subs),
		publications: subs ? [{ data: 'missed', offset: subs.mine.offset + 1 }] : [] } } } }) });
	const got = [];
	client.on('publication', ({ channel, data }) => got.push([channel, data]));
	client.connect();
	await client.ready();
	server.push('mine', { pub: { data: 'live', offset: 6 } });
	await next(client, 'publication');
	server.socket.terminate();
	await next(client, 'publication');
	assert.deepEqual(got, [['mine', 'live'], ['mine', 'missed']]);
	assert.deepEqual(server.named('connect').at(-1).subs, { mine: { recover: true, epoch: 'e', offset: 6 } });
});

test('tells who joins and leaves, and messages to itself', async () => {
	const { server, client } = await start();
	const subscription = client.newSubscription('a', { joinLeave: true });
	subscription.subscribe();
	client.connect();
	await subscription.ready();
	assert.equal(server.named('subscribe')[0].join_leave, true);
	server.push('a', { join: { info: { client: 'x', user: 'bob' } } });
	assert.equal((await next(subscription, 'join')).info.user, 'bob');
	server.push('a', { leave: { info: { client: 'x', user: 'bob' } } });
	assert.equal((await next(subscription, 'leave')).info.user, 'bob');
	server.push(undefined, { message: { data: 'psst' } });
	assert.equal((await next(client, 'message')).data, 'psst');
});

test('a listener that throws harms nobody else', async (context) => {
	context.mock.method(console, 'error', () => {});
	const { server, client } = await start();
	const subscription = client.newSubscription('a');
	const got = [];
	subscription.on('publication', () => { throw new Error('a mistake of the page'); });
	subscription.on('publication', ({ data }) => got.push(data));
	subscription.subscribe();
	client.connect();
	await subscription.ready();
	server.push('a', { pub: { data: 1 } });
	server.push('a', { pub: { data: 2 } });
	await next(subscription, 'publication', ({ data }) => data === 2);
	assert.deepEqual(got, [1, 2]);
	assert.equal(console.error.mock.callCount(), 2);
});

test('what a listener does to the connection counts at once', async () => {
	const { server, client } = await start();
	const subscription = client.newSubscription('a');
	const got = [];
	subscription.on('publication', ({ data }) => {
		got.push(data);
		client.disconnect();
	});
	subscription.subscribe();
	client.connect();
	await subscription.ready();
	server.socket.send('{"push":{"channel":"a","pub":{"data":1}}}\n{"push":{"channel":"a","pub":{"data":2}}}');
	await next(client, 'disconnected');
	assert.deepEqual(got, [1]);
	assert.equal(subscription.state, 'subscribing');
});

test('delays grow, differ and stay within their bounds', () => {
	assert.equal(backoff(0, { random: () => 0 }), 500);
	assert.equal(backoff(0, { random: () => 0.999 }), 999);
	assert.equal(backoff(3, { random: () => 0.5 }), 2_500);
	assert.equal(backoff(50, { random: () => 0.999 }), 20_000);
	assert.notEqual(backoff(9), backoff(9));
});

/** Answers lookups, and tells how often it was asked. */
function routeTo(...answers) {
	const asked = [];
	const headers = [];
	const fetch = async (url, options) => {
		asked.push(String(url));
		headers.push(options.headers);
		const answer = answers[Math.min(asked.length, answers.length) - 1];
		if (answer instanceof Error) {
			throw answer;
		}
		return { ok: true, json: async () => answer };
	};
	return { asked, fetch, headers };
}

test('connects to the node that serves the user, with a ticket', async () => {
	const other = await FakeServer.start();
	const { asked, fetch } = routeTo({ node: 'b', here: false, address: new URL(other.url.replace('ws', 'http')).origin, ticket: 'once' });
	const { server, client } = await start({}, { route: true, fetch });
	open.push({ server: other, client });
	client.connect();
	await next(client, 'connected');
	assert.equal(client.url, other.url);
	assert.equal(server.sockets.length, 0);
	assert.deepEqual(other.named('connect').map(({ token }) => token), ['once']);
	assert.deepEqual(asked, [server.url.replace('ws', 'http').replace('connection/websocket', 'api/route')]);
});

test('asks for the node that serves a channel, and names it to whoever places the socket', async () => {
	const other = await FakeServer.start();
	const { asked, fetch } = routeTo({ node: 'b', here: false, address: new URL(other.url.replace('ws', 'http')).origin, ticket: 'once' });
	const { server, client } = await start({}, { route: { channel: 'prices/ACME' }, fetch });
	open.push({ server: other, client });
	assert.equal(client.url, `${server.url}?channel=prices%2FACME`);
	client.connect();
	await next(client, 'connected');
	assert.equal(client.url, `${other.url}?channel=prices%2FACME`);
	assert.deepEqual(asked, [`${server.url.replace('ws', 'http').replace('connection/websocket', 'api/route')}?channel=prices%2FACME`]);
});

test('asks with its token, and prefers it to a ticket', async () => {
	const other = await FakeServer.start();
	const { fetch, headers } = routeTo({ node: 'b', here: false, address: new URL(other.url.replace('ws', 'http')).origin, ticket: 'once' });
	const { server, client } = await start({}, { route: true, fetch, token: 'mine' });
	open.push({ server: other, client });
	client.connect();
	await next(client, 'connected');
	assert.equal(server.sockets.length, 0);
	assert.deepEqual(headers, [{ authorization: 'Bearer mine' }]);
	assert.deepEqual(other.named('connect').map(({ token }) => token), ['mine']);
});

test('asks again where to go when it is asked to move', async () => {
	const other = await FakeServer.start();
	const { asked, fetch } = routeTo({ node: 'a', here: true, address: 'x' }, { node: 'b', here: false, address: new URL(other.url.replace('ws', 'http')).origin,
		ticket: 'second' });
	const { server, client } = await start({}, { route: true, fetch });
	open.push({ server: other, client });
	client.connect();
	await next(client, 'connected');
	assert.equal(client.url, server.url);
	server.socket.close(4101, 'another node serves you now, please reconnect');
	await next(client, 'connecting');
	await next(client, 'connected');
	assert.equal(client.url, other.url);
	assert.equal(asked.length, 2);
});

test('falls back to any node when the node of the ring does not answer', async () => {
	const gone = await FakeServer.start();
	const address = new URL(gone.url.replace('ws', 'http')).origin;
	await gone.close();
	const { fetch } = routeTo({ node: 'b', here: false, address, ticket: 'lost' });
	const { server, client } = await start({}, { route: true, fetch });
	client.connect();
	await next(client, 'connected');
	assert.equal(client.url, server.url);
	assert.deepEqual(server.named('connect').map(({ token }) => token), [undefined]);
});

test('falls back to any node when the ticket is refused', async () => {
	const other = await FakeServer.start({ connect: { error: { code: 101, message: 'unauthorized' } } });
	const { fetch } = routeTo({ node: 'b', here: false, address: new URL(other.url.replace('ws', 'http')).origin, ticket: 'late' });
	const { server, client } = await start({}, { route: true, fetch });
	open.push({ server: other, client });
	client.connect();
	await next(client, 'connected');
	assert.equal(client.url, server.url);
});

test('looks up again, a few times, when the node of the ring has too much to do, and then goes to any node', async () => {
	const closed = (command, socket) => {
		socket.close(3013, 'too many requests');
		return null;
	};
	for (const refusal of [closed, { error: { code: 111, message: 'too many requests', temporary: true } }]) {
		const other = await FakeServer.start({ connect: refusal });
		const address = new URL(other.url.replace('ws', 'http')).origin;
		const { asked, fetch } = routeTo(...[1, 2, 3, 4, 5].map((i) => ({ node: 'b', here: false, address, ticket: `ticket ${i}` })));
		const { server, client } = await start({}, { route: true, fetch, minReconnectDelay: 1, maxReconnectDelay: 20 });
		open.push({ server: other, client });
		client.connect();
		await next(client, 'connected');
		assert.equal(client.url, server.url);
		assert.deepEqual(other.named('connect').map(({ token }) => token), ['ticket 1', 'ticket 2', 'ticket 3', 'ticket 4']);
		assert.equal(asked.length, 4);
	}
});

test('stays where it is when the lookup fails or names no address', async () => {
	for (const answer of [new Error('no network'), {}, { node: 'b', here: false }]) {
		const { fetch } = routeTo(answer);
		const { server, client } = await start({}, { route: true, fetch });
		client.connect();
		await next(client, 'connected');
		assert.equal(client.url, server.url);
	}
});
