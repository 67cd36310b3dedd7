// One suite over both clients: the browser client and the npm package `centrifuge`, whose names, events and codes it has.
// Each case runs with both against the same server and has one result. Where they differ on purpose, `differs` says so.
// Run with: node --test both-clients.test.mjs
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, describe, test } from 'node:test';
import { Centrifuge, UnauthorizedError as CentrifugeUnauthorizedError } from 'centrifuge';
import { WebSocket } from 'ws';
import { Client, UnauthorizedError } from './client.js';
import { FakeServer } from './fake-server.mjs';

const CLIENTS = {
	'client.js': { create: (url, options) => new Client(url, options), Unauthorized: UnauthorizedError },
	'centrifuge': { create: (url, options) => new Centrifuge(url, options), Unauthorized: CentrifugeUnauthorizedError }
};
const CONNECTION_EVENTS = ['connecting', 'connected', 'disconnected', 'error', 'message', 'subscribing', 'subscribed', 'unsubscribed',
		'publication', 'join', 'leave'];
const SUBSCRIPTION_EVENTS = ['subscribing', 'subscribed', 'unsubscribed', 'error', 'publication', 'join', 'leave'];

const open = [];

afterEach(async () => {
	for (const { server, client } of open.splice(0)) {
		client.disconnect();
		await server.close();
	}
});

/** Notes what an emitter tells, as far as both clients promise the same: names, codes, data. */
function record(emitter, events) {
	const told = [];
	const waiting = new Set();
	for (const event of events) {
		emitter.on(event, (context) => {
			const { code, error, type, data, channel, offset, recovered, wasRecovering, info } = context;
			told.push({ event, code: code ?? error?.code, type, data, channel, offset, recovered, wasRecovering, user: info?.user, reason: context.reason });
			waiting.forEach((each) => each());
		});
	}
	const summary = () => told.map(({ event, code, type }) => [event, type, code].filter((each) => each !== undefined).join(' '));
	return {
		told,
		summary,
		/** The first one that fits, whether it has come or is to come. */
		async first(event, fits = () => true) {
			const find = () => told.find((each) => each.event === event && fits(each));
			if (!find()) {
				await new Promise((resolve, reject) => {
					const check = () => {
						if (find()) {
							clearTimeout(timer);
							waiting.delete(check);
							resolve();
						}
					};
					const timer = setTimeout(() => reject(new Error(`no ${event} among ${summary().join(', ')}`)), 5_000);
					waiting.add(check);
				});
			}
			return find();
		}
	};
}

function recorded({ channel, recover, offset = 0 }) {
	const publications = recover ? [{ data: 'missed', offset: offset + 1 }] : [];
	return { subscribe: { recoverable: true, epoch: 'e', offset: recover ? offset + 1 : 7, recovered: recover, was_recovering: recover,
		publications } };
}

for (const [name, { create, Unauthorized }] of Object.entries(CLIENTS)) {

	describe(name, () => {

		/** What the case expects of both, except of the one that is named. */
		const differs = (both, exceptions) => name in exceptions ? exceptions[name] : both;

		async function start(answers, options = {}) {
			const server = await FakeServer.start(answers);
			return { server, ...at(server.url, server, options) };
		}

		function at(url, server, options = {}) {
			const client = create(url, { websocket: WebSocket, minReconnectDelay: 10, maxReconnectDelay: 20, ...options });
			open.push({ server, client });
			return { client, events: record(client, CONNECTION_EVENTS) };
		}

		function subscribe(client, channel, options) {
			const subscription = client.newSubscription(channel, { minResubscribeDelay: 5, maxResubscribeDelay: 10, ...options });
			const events = record(subscription, SUBSCRIPTION_EVENTS);
			subscription.subscribe();
			return { subscription, events };
		}

		const failing = (...answers) => async () => {
			const answer = answers.shift();
			if (answer instanceof Error) {
				throw answer;
			}
			return answer;
		};

		test('an expired token without a way to another one ends it', async () => {
			const { server, client, events } = await start({ connect: { error: { code: 109, message: 'token expired' } } }, { token: 'old' });
			client.connect();
			const { code, reason } = await events.first('disconnected');
			assert.deepEqual([code, reason], [1, 'unauthorized']);
			assert.equal(server.named('connect').length, 1);
			assert.equal(server.sockets.length, 1);
			assert.equal(client.state, 'disconnected');
		});

		test('so does one that expires while it is connected', async () => {
			const { client, events } = await start({ connect: { connect: { client: 'c', expires: true, ttl: 1 } } }, { token: 'short' });
			client.connect();
			assert.equal((await events.first('disconnected')).code, 1);
		});

		test('a token that a listener sets when the old one has expired is used', async () => {
			const { server, client, events } = await start({ connect: ({ token }) => token === 'old' ? { error: { code: 109, message: 'token expired' } }
					: { connect: { client: 'c' } } }, { token: 'old', getToken: async () => 'new' });
			client.on('error', () => client.setToken('new'));
			client.connect();
			await events.first('connected');
			assert.deepEqual(server.named('connect').map((each) => each.token), ['old', 'new']);
		});

		test('an expired token is replaced before the next attempt', async () => {
			const { server, client, events } = await start({ connect: ({ token }) => token === 'old' ? { error: { code: 109, message: 'token expired' } }
					: { connect: { client: 'c' } } }, { token: 'old', getToken: async () => 'new' });
			client.connect();
			await events.first('connected');
			assert.deepEqual(events.summary(), ['connecting 0', 'error connect 109', 'connected']);
			assert.deepEqual(server.named('connect').map((each) => each.token), ['old', 'new']);
		});

		test('no right to a token ends it before there is a socket', async () => {
			const { server, client, events } = await start({}, { getToken: failing(new Unauthorized('who are you?')) });
			client.connect();
			assert.equal((await events.first('disconnected')).code, 1);
			assert.equal(server.sockets.length, 0);
		});

		test('so does no token at all', async () => {
			const { client, events } = await start({}, { getToken: failing(null) });
			client.connect();
			assert.equal((await events.first('disconnected')).code, 1);
		});

		test('an empty token connects without one', async () => {
			const { server, client, events } = await start({}, { getToken: failing('') });
			client.connect();
			await events.first('connected');
			assert.deepEqual(server.named('connect').map((each) => each.token), [undefined]);
		});

		test('a failure to get a token is told and tried again', async () => {
			const { server, client, events } = await start({}, { getToken: failing(new Error('offline'), 'good') });
			client.connect();
			await events.first('connected');
			assert.deepEqual(events.summary(), ['connecting 0', 'error connectToken 5', 'connected']);
			assert.deepEqual(server.named('connect').map((each) => each.token), ['good']);
		});

		test('a refused connect ends it', async () => {
			const { server, client, events } = await start({ connect: { error: { code: 101, message: 'unauthorized' } } }, { token: 'bad' });
			client.connect();
			assert.equal((await events.first('disconnected')).code, 101);
			assert.equal(server.sockets.length, 1);
		});

		test('a connect that is refused for the time being is tried again', async () => {
			const answers = [{ error: { code: 111, message: 'too many requests', temporary: true } }, { connect: { client: 'c' } }];
			const { server, client, events } = await start({ connect: () => answers.shift() });
			client.connect();
			await events.first('connected');
			assert.deepEqual(events.summary(), ['connecting 0', 'error connect 111', 'connected']);
			assert.equal(server.sockets.length, 2);
		});

		test('a WebSocket that cannot be made is told and tried again', async () => {
			let left = 3;
			class Failing extends WebSocket {
				constructor(url) {
					if (left-- > 0) {
						throw new DOMException('An insecure WebSocket connection may not be initiated', 'SecurityError');
					}
					super(url);
				}
			}
			const { client, events } = await start({}, { websocket: Failing });
			client.connect();
			await events.first('connected');
			assert.deepEqual(events.summary(), ['connecting 0', ...Array(3).fill('error transport 2'), 'connected']);
		});

		test('one that can never be made leaves it free to be ended', async () => {
			class Never {
				constructor() {
					throw new Error('never');
				}
			}
			const { client, events } = await start({}, { websocket: Never });
			client.connect();
			await events.first('error');
			client.disconnect();
			assert.equal(client.state, 'disconnected');
			assert.equal((await events.first('disconnected')).code, 0);
		});

		test('data that JSON cannot hold connects nothing, and can be ended', async () => {
			const { server, client, events } = await start({}, { data: { big: 1n } });
			client.connect();
			await events.first('error', ({ type }) => type === differs('transport', { centrifuge: 'connect' }));
			client.disconnect();
			assert.equal(server.named('connect').length, 0);
			assert.equal(client.state, 'disconnected');
		});

		test('a message that JSON cannot hold is rejected at once, and the connection stays', async () => {
			const { client, events } = await start();
			client.connect();
			await events.first('connected');
			await assert.rejects(client.publish('a', 1n));
			assert.equal(client.state, 'connected');
			await client.publish('a', 1);
		});

		test('a node that does not answer is told and tried again', async () => {
			const gone = await FakeServer.start();
			const { url } = gone;
			await gone.close();
			const { client, events } = at(url, gone);
			client.connect();
			await events.first('error', () => events.told.filter((each) => each.event === 'error').length > 2);
			assert.deepEqual(events.summary().slice(0, 3), ['connecting 0', 'error transport 2', 'error transport 2']);
			assert.equal(client.state, 'connecting');
		});

		for (const [what, status, headers] of [['that asks for a log-in', 401, {}], ['that is led to a log-in', 302, { location: '/login' }]]) {
			test(`a handshake ${what} ends it, where its answer can be seen`, async () => {
				const http = createServer((request, response) => response.writeHead(status, headers).end());
				http.on('upgrade', (request, socket) => socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`));
				http.listen(0, '127.0.0.1');
				await once(http, 'listening');
				const close = () => new Promise((resolve) => http.close(resolve));
				const { client, events } = at(`ws://127.0.0.1:${http.address().port}/connection/websocket`, { close });
				client.connect();
				// The npm package asks nobody why, so it cannot know
				await events.first(differs('disconnected', { centrifuge: 'error' }),
						() => name === 'client.js' || events.told.filter((each) => each.event === 'error').length > 5);
				assert.equal(client.state, differs('disconnected', { centrifuge: 'connecting' }));
				assert.equal(events.told.find((each) => each.event === 'disconnected')?.code, differs(1, { centrifuge: undefined }));
			});
		}

		test('a handshake that fails for another reason is tried again', async () => {
			let left = 4;
			const server = await FakeServer.start();
			server.server.shouldHandle = () => left-- <= 0;
			const { client, events } = at(server.url, server);
			client.connect();
			await events.first('connected');
			assert.deepEqual(events.summary(), ['connecting 0', ...Array(4).fill('error transport 2'), 'connected']);
		});

		for (const [code, ends] of [[3500, true], [3501, true], [3503, true], [3999, true], [4500, true], [4999, true], [1000, false],
				[1011, false], [3000, false], [3001, false], [3499, false], [4000, false], [4499, false]]) {
			test(`close code ${code} ${ends ? 'ends it' : 'brings it back'}`, async () => {
				const { server, client, events } = await start();
				client.connect();
				await events.first('connected');
				server.socket.close(code, 'why');
				const left = await events.first(ends ? 'disconnected' : 'connecting', (each) => each.code !== 0);
				assert.equal(left.code, code < 3000 ? 1 : code);
				assert.equal(client.state, ends ? 'disconnected' : 'connecting');
			});
		}

		test('a message that is too big for the server ends it', async () => {
			const { server, client, events } = await start();
			client.connect();
			await events.first('connected');
			server.socket.close(1009, 'too big');
			assert.equal((await events.first('disconnected')).code, 3);
		});

		for (const [code, ends] of [[3503, true], [3005, false]]) {
			test(`a disconnect that is pushed with ${code} is as good as a close`, async () => {
				const { server, client, events } = await start();
				client.connect();
				await events.first('connected');
				server.push(undefined, { disconnect: { code, reason: 'why' } });
				const left = await events.first(ends ? 'disconnected' : 'connecting', (each) => each.code !== 0);
				assert.deepEqual([left.code, left.reason], [code, 'why']);
			});
		}

		test('a frame that is no JSON makes a new connection', async () => {
			const { server, client, events } = await start();
			client.connect();
			await events.first('connected');
			server.socket.send('<html>Please log in to the Wi-Fi</html>');
			assert.equal((await events.first('connecting', (each) => each.code !== 0)).code, 1);
			await server.until(() => server.sockets.length === 2);
		});

		test('what is nothing in a frame does not keep the rest of it away', async () => {
			const { server, client, events } = await start();
			const { events: told } = subscribe(client, 'a');
			client.connect();
			await events.first('connected');
			await told.first('subscribed');
			server.socket.send('null\n\n{"push":{"channel":"a","pub":{"data":"after"}}}\n');
			assert.equal((await told.first('publication')).data, 'after');
		});

		test('a ping that does not come makes a new connection', async () => {
			const { server, client, events } = await start({ connect: { connect: { client: 'c', ping: 0.02, pong: true } } }, { maxServerPingDelay: 40 });
			client.connect();
			await events.first('connected');
			server.socket.send('{}');
			await server.until(() => server.named('pong').length === 1);
			assert.equal((await events.first('connecting', (each) => each.code !== 0)).code, 2);
		});

		test('a connect without an answer is tried again', async () => {
			let silent = true;
			const { server, client, events } = await start({ connect: () => silent ? null : undefined }, { timeout: 50 });
			client.connect();
			await events.first('error', (each) => each.type === 'connect' && each.code === 1);
			silent = false;
			await events.first('connected');
			assert.ok(server.sockets.length >= 2);
		});

		test('commands are rejected with their code, or when there is no answer', async () => {
			const { client, events } = await start({ publish: { error: { code: 103, message: 'permission denied' } }, rpc: null }, { timeout: 60 });
			client.connect();
			await events.first('connected');
			await assert.rejects(client.publish('a', 1), { code: 103 });
			await assert.rejects(client.rpc('silent'), { code: 1 });
		});

		test('commands in flight are rejected when the connection ends', async () => {
			const { server, client, events } = await start({ rpc: null });
			client.connect();
			await events.first('connected');
			const call = assert.rejects(client.rpc('silent'), { code: 11 });
			await server.until(() => server.named('rpc').length === 1);
			server.socket.terminate();
			await call;
		});

		test('those who wait for a connection hear that it is given up', async () => {
			const { client } = await start({ connect: { error: { code: 109, message: 'token expired' } } }, { token: 'old' });
			const ready = assert.rejects(() => {
				client.connect();
				return client.ready();
			}, { code: 3 });
			await ready;
		});

		test('history, presence and calls have the same results', async () => {
			const info = { user: 'bob', client: 'c2', conn_info: { a: 1 } };
			const { client, events } = await start({
				history: { history: { publications: [{ data: 'x', offset: 3 }], epoch: 'e', offset: 3 } },
				presence: { presence: { presence: { c2: info } } },
				presence_stats: { presence_stats: { num_clients: 2, num_users: 1 } },
				rpc: { rpc: { data: { sum: 5 } } }
			});
			client.connect();
			await events.first('connected');
			const history = await client.history('a', { limit: 10 });
			assert.deepEqual([history.epoch, history.offset, history.publications.map(({ data, offset }) => [data, offset])], ['e', 3, [['x', 3]]]);
			const { clients } = await client.presence('a');
			assert.deepEqual([Object.keys(clients), clients.c2.user, clients.c2.client, clients.c2.connInfo], [['c2'], 'bob', 'c2', { a: 1 }]);
			const stats = await client.presenceStats('a');
			assert.deepEqual([stats.numClients, stats.numUsers], [2, 1]);
			assert.deepEqual(await client.rpc('sum', {}), { data: { sum: 5 } });
		});

		test('a subscription comes back with its position and gets what it has missed', async () => {
			const { server, client } = await start({ subscribe: recorded });
			const { subscription, events } = subscribe(client, 'a', { recoverable: true });
			client.connect();
			await subscription.ready();
			server.push('a', { pub: { data: 'live', offset: 8 } });
			await events.first('publication');
			server.socket.terminate();
			await events.first('publication', ({ data }) => data === 'missed');
			const { recover, epoch, offset } = server.named('subscribe').at(-1);
			assert.deepEqual({ recover, epoch, offset }, { recover: true, epoch: 'e', offset: 8 });
			const again = events.told.filter((each) => each.event === 'subscribed').at(-1);
			assert.deepEqual([again.wasRecovering, again.recovered], [true, true]);
			assert.deepEqual(events.told.filter((each) => each.event === 'publication').map(({ data, offset: at }) => [data, at]),
					[['live', 8], ['missed', 9]]);
		});

		test('a refused subscription ends, and the connection stays', async () => {
			const { client } = await start({ subscribe: { error: { code: 103, message: 'permission denied' } } });
			const { subscription, events } = subscribe(client, 'a');
			client.connect();
			assert.equal((await events.first('unsubscribed')).code, 103);
			await assert.rejects(subscription.ready(), { code: 7 });
			assert.equal(client.state, 'connected');
		});

		test('one that is refused for the time being is tried again', async () => {
			let left = 2;
			const { server, client } = await start({ subscribe: () => left-- > 0 ? { error: { code: 100, message: 'internal', temporary: true } } : undefined });
			const { events } = subscribe(client, 'a');
			client.connect();
			await events.first('subscribed');
			assert.deepEqual(events.summary(), ['subscribing 0', 'error subscribe 100', 'error subscribe 100', 'subscribed']);
			assert.equal(server.sockets.length, 1);
		});

		test('a listener that gives up a subscription when it is refused is obeyed', async () => {
			const { server, client } = await start({ subscribe: { error: { code: 100, message: 'internal', temporary: true } } });
			const { subscription, events } = subscribe(client, 'a');
			subscription.on('error', () => subscription.unsubscribe());
			client.connect();
			await events.first('unsubscribed');
			await client.rpc('a while later');
			assert.equal(subscription.state, 'unsubscribed');
			assert.equal(server.named('subscribe').length, 1);
		});

		test('an expired subscription token without a way to another one ends the subscription', async () => {
			const { server, client } = await start({ subscribe: { error: { code: 109, message: 'token expired' } } });
			const { events } = subscribe(client, 'a', { token: 'old' });
			client.connect();
			assert.equal((await events.first('unsubscribed')).code, 1);
			assert.equal(server.named('subscribe').length, 1);
			assert.equal(client.state, 'connected');
		});

		test('one with a way to another one is replaced', async () => {
			const { server, client } = await start({ subscribe: ({ token }) => token === 'old' ? { error: { code: 109, message: 'token expired' } } : undefined });
			const { events } = subscribe(client, 'a', { token: 'old', getToken: async ({ channel }) => `${channel}-new` });
			client.connect();
			await events.first('subscribed');
			assert.deepEqual(events.summary(), ['subscribing 0', 'error subscribe 109', 'subscribed']);
			assert.deepEqual(server.named('subscribe').map((each) => each.token), ['old', 'a-new']);
		});

		test('no right to a subscription token ends the subscription, a failure to get it does not', async () => {
			const { client } = await start();
			const { events } = subscribe(client, 'a', { getToken: failing(new Error('offline'), new Unauthorized('no')) });
			client.connect();
			assert.equal((await events.first('unsubscribed')).code, 1);
			assert.deepEqual(events.summary(), ['subscribing 0', 'error subscribeToken 8', 'unsubscribed 1']);
			assert.equal(client.state, 'connected');
		});

		test('a subscribe without an answer makes a new connection', async () => {
			let silent = true;
			const { server, client, events } = await start({ subscribe: () => silent ? null : undefined }, { timeout: 60 });
			const { events: told } = subscribe(client, 'a');
			client.connect();
			assert.equal((await events.first('connecting', (each) => each.code !== 0)).code, 3);
			silent = false;
			await told.first('subscribed');
			assert.ok(server.sockets.length >= 2);
		});

		test('an unsubscribe of the server ends a subscription, or makes it subscribe again', async () => {
			const { server, client } = await start();
			const { subscription, events } = subscribe(client, 'a');
			client.connect();
			await subscription.ready();
			server.push('a', { unsubscribe: { code: 2500, reason: 'insufficient state' } });
			await server.until(() => server.named('subscribe').length === 2);
			await events.first('subscribed', () => events.told.filter((each) => each.event === 'subscribed').length === 2);
			server.push('a', { unsubscribe: { code: 2000, reason: 'server unsubscribe' } });
			assert.equal((await events.first('unsubscribed')).code, 2000);
			assert.equal(server.named('subscribe').length, 2);
		});

		test('joins, leaves and messages are told', async () => {
			const { server, client, events } = await start();
			const { subscription, events: told } = subscribe(client, 'a', { joinLeave: true });
			client.connect();
			await subscription.ready();
			server.push('a', { join: { info: { client: 'x', user: 'bob' } } });
			server.push('a', { leave: { info: { client: 'x', user: 'bob' } } });
			server.push(undefined, { message: { data: 'psst' } });
			assert.equal((await told.first('join')).user, 'bob');
			assert.equal((await told.first('leave')).user, 'bob');
			assert.equal((await events.first('message')).data, 'psst');
		});

		test('subscriptions that the server has made come back with the connect', async () => {
			const { server, client, events } = await start({ connect: ({ subs }) => ({ connect: { client: 'c', subs: { mine: { recoverable: true,
				epoch: 'e', offset: subs?.mine?.offset ?? 5, recovered: Boolean(subs), was_recovering: Boolean(subs),
				publications: subs ? [{ data: 'missed', offset: subs.mine.offset + 1 }] : [] } } } }) });
			client.connect();
			await events.first('connected');
			server.push('mine', { pub: { data: 'live', offset: 6 } });
			await events.first('publication');
			server.socket.terminate();
			await events.first('publication', ({ data }) => data === 'missed');
			assert.deepEqual(server.named('connect').at(-1).subs, { mine: { recover: true, epoch: 'e', offset: 6 } });
		});

		test('a token that ends is refreshed, the connection\'s and a subscription\'s', async () => {
			let made = 0;
			const getToken = async ({ channel } = {}) => `${channel ?? 'connection'}-${++made}`;
			const { server, client, events } = await start({ connect: { connect: { client: 'c', expires: true, ttl: 1 } },
				subscribe: { subscribe: { expires: true, ttl: 1 } }, refresh: { refresh: { expires: true, ttl: 100 } },
				sub_refresh: { sub_refresh: { expires: true, ttl: 100 } } }, { getToken });
			subscribe(client, 'a', { getToken });
			client.connect();
			await events.first('connected');
			await server.until(() => server.named('refresh').length && server.named('sub_refresh').length);
			assert.match(server.named('refresh')[0].token, /^connection-/);
			assert.match(server.named('sub_refresh')[0].token, /^a-/);
		});

		test('a refresh that is refused for good ends it', async () => {
			const { client, events } = await start({ connect: { connect: { client: 'c', expires: true, ttl: 1 } },
				refresh: { error: { code: 109, message: 'token expired' } } }, { token: 'short', getToken: async () => 'stale' });
			client.connect();
			assert.equal((await events.first('disconnected')).code, 109);
		});

		test('a disconnect in an attempt ends the attempt', async () => {
			const { server, client, events } = await start();
			client.connect();
			client.disconnect();
			client.connect();
			await events.first('connected');
			assert.deepEqual(events.summary(), ['connecting 0', 'disconnected 0', 'connecting 0', 'connected']);
			assert.equal(server.named('connect').length, 1);
		});

		test('without a WebSocket it does not begin', async () => {
			const { client } = await start({}, { websocket: undefined, ...differs({}, { 'client.js': { transports: ['websocket'] } }) });
			const known = globalThis.WebSocket;
			delete globalThis.WebSocket;
			try {
				assert.throws(() => client.connect(), /WebSocket/);
			}
			finally {
				if (known) {
					globalThis.WebSocket = known;
				}
			}
			assert.equal(client.state, 'disconnected');
		});

		test('a listener that throws', async (context) => {
			context.mock.method(console, 'error', () => {});
			const { server, client, events } = await start();
			const { subscription, events: told } = subscribe(client, 'a');
			// The npm package ends the connection and throws the mistake on; this one keeps the others from it
			const thrown = new Promise((resolve) => process.once('unhandledRejection', resolve));
			subscription.on('publication', () => { throw new Error('a mistake of the page'); });
			client.connect();
			await subscription.ready();
			server.push('a', { pub: { data: 1 } });
			await told.first('publication');
			if (name === 'centrifuge') {
				assert.equal((await events.first('disconnected')).code, 2);
				assert.equal((await thrown).message, 'a mistake of the page');
			}
			else {
				server.push('a', { pub: { data: 2 } });
				await told.first('publication', ({ data }) => data === 2);
				assert.equal(client.state, 'connected');
				process.removeAllListeners('unhandledRejection');
			}
		});

	});

}
