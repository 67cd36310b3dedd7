// The browser client where WebSockets do not pass, against a fake node and a fake proxy.
// Run with: node --test client-fallback.test.mjs
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { Client, Code } from './client.js';

const cleanups = [];

/** What a browser keeps for the pages of an origin. */
class Storage {

	entries = new Map();

	getItem(key) {
		return this.entries.get(key) ?? null;
	}

	setItem(key, value) {
		this.entries.set(key, value);
	}

}

beforeEach(() => {
	globalThis.localStorage = new Storage();
});

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) {
		await cleanup();
	}
	delete globalThis.localStorage;
});

/**
 * A node whose proxy treats WebSockets as `sockets` says: `refused`, `silent` (taken, and nothing is passed) or `passed`.
 * `status`: what it answers to the request for a stream. `buffered`: whether a response is passed only when it has ended.
 */
async function start({ sockets, status = 200, buffered = false }) {
	const node = { sockets, status, commands: [], requests: [], streams: 0, tried: 0, queue: '', polls: 0, log: [], subscribed: null };
	/** Publish in the recorded channel `log`. */
	node.publish = (data) => {
		node.log.push({ data, offset: node.log.length + 1 });
		node.subscribed?.(JSON.stringify({ push: { channel: 'log', pub: node.log.at(-1) } }) + '\n');
	};
	const subscribe = ({ channel, recover, offset = 0 }, write) => {
		if (channel !== 'log') {
			return {};
		}
		node.subscribed = write;
		return { recoverable: true, epoch: 'e', offset: node.log.length, was_recovering: recover, recovered: recover,
			publications: recover ? node.log.slice(offset) : [] };
	};
	// Of a client that polls: an answer is given when there is something, and is repeated until its token is shown
	const poll = () => {
		if (node.waiting && node.queue) {
			node.waiting.writeHead(200, { 'x-atmosphere-session-token': `t${++node.polls}` }).end(node.queue);
			node.queue = '';
			node.waiting = null;
		}
	};
	const write = (line) => {
		if (node.stream) {
			node.stream.write(line);
		}
		else {
			node.queue += line;
			poll();
		}
	};
	const answer = (frame, write) => {
		for (const { id, ...command } of frame.split('\n').map((line) => JSON.parse(line))) {
			const name = Object.keys(command)[0] ?? 'pong';
			node.commands.push(name);
			if (id) {
				const results = { connect: { client: 'c1', ping: 25, pong: true, session: 's', node: 'n' }, rpc: { data: command.rpc?.data } };
				if (command.subscribe) {
					results.subscribe = subscribe(command.subscribe, write);
				}
				write(JSON.stringify({ id, [name]: results[name] }) + '\n');
			}
		}
	};
	const server = http.createServer(async (request, response) => {
		const parts = [];
		for await (const part of request) {
			parts.push(part);
		}
		const body = Buffer.concat(parts).toString();
		node.requests.push(`${request.method} ${request.url}`);
		if (request.url.endsWith('/http_stream')) {
			response.writeHead(node.status, { 'content-type': 'application/json' });
			if (node.status !== 200) {
				response.end();
				return;
			}
			node.streams++;
			if (!buffered) {
				node.stream = response;
				answer(body, write);
			}
		}
		else if (request.url.endsWith('/polling')) {
			node.waiting = response;
			if (body.startsWith('{')) {
				answer(body, write);
			}
			else {
				assert.equal(body, `t${node.polls}`);
				poll();
			}
		}
		else if (request.url.endsWith('/emulation')) {
			const { session, node: name, data } = JSON.parse(body);
			assert.deepEqual([session, name], ['s', 'n']);
			answer(data, write);
			response.writeHead(204).end();
		}
		else {
			response.writeHead(404).end();
		}
	});
	const upgraded = new WebSocketServer({ noServer: true });
	server.on('upgrade', (request, socket, head) => {
		node.tried++;
		if (node.sockets === 'refused') {
			socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
			return;
		}
		upgraded.handleUpgrade(request, socket, head, (connection) => connection.on('message', (frame) => {
			if (node.sockets === 'passed') {
				answer(String(frame), (line) => connection.send(line));
			}
		}));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	node.url = `ws://127.0.0.1:${server.address().port}/connection/websocket`;
	cleanups.push(() => {
		upgraded.clients.forEach((each) => each.terminate());
		server.closeAllConnections();
		return new Promise((closed) => server.close(closed));
	});
	return node;
}

function connect(node, options) {
	const client = new Client(node.url, { websocket: WebSocket, minReconnectDelay: 10, maxReconnectDelay: 20, ...options });
	cleanups.push(() => client.disconnect());
	const transports = [];
	client.on('connected', ({ transport }) => transports.push(transport));
	client.connect();
	return { client, transports };
}

async function until(condition) {
	const deadline = Date.now() + 20_000;
	while (!condition()) {
		assert.ok(Date.now() < deadline, `never: ${condition}`);
		await new Promise((again) => setTimeout(again, 5));
	}
}

test('takes an HTTP stream at once where a proxy refuses WebSockets, and says so', async () => {
	const node = await start({ sockets: 'refused' });
	const { client, transports } = connect(node, { minReconnectDelay: 60_000, maxReconnectDelay: 60_000 });
	const errors = [];
	client.on('error', (error) => errors.push(error));
	await client.ready(5_000);
	assert.deepEqual(transports, ['http_stream']);
	assert.equal(client.transport, 'http_stream');
	assert.deepEqual(errors, []);
	const subscription = client.newSubscription('a');
	subscription.subscribe();
	await subscription.ready(5_000);
	const answers = await Promise.all([1, 2, 3].map((data) => client.rpc('echo', data)));
	assert.deepEqual(answers.map(({ data }) => data), [1, 2, 3]);
	assert.deepEqual(node.commands, ['connect', 'subscribe', 'rpc', 'rpc', 'rpc']);
});

test('takes an HTTP stream where a proxy takes WebSockets and passes nothing', async () => {
	const node = await start({ sockets: 'silent' });
	const { client, transports } = connect(node, { timeout: 300 });
	await client.ready(5_000);
	assert.deepEqual(transports, ['http_stream']);
});

test('polls where a proxy passes responses only when they have ended', async () => {
	const node = await start({ sockets: 'refused', buffered: true });
	const { client, transports } = connect(node, { timeout: 300, websocketRetryDelay: 20 });
	await client.ready(5_000);
	assert.deepEqual(transports, ['polling']);
	assert.equal(client.transport, 'polling');
	const subscription = client.newSubscription('a');
	const publications = [];
	subscription.on('publication', ({ data }) => publications.push(data));
	subscription.subscribe();
	await subscription.ready(5_000);
	const answers = await Promise.all([1, 2, 3].map((data) => client.rpc('echo', data)));
	assert.deepEqual(answers.map(({ data }) => data), [1, 2, 3]);
	assert.deepEqual(node.commands.filter((each) => each !== 'connect'), ['subscribe', 'rpc', 'rpc', 'rpc']);
	assert.equal(node.streams, 1);
	await until(() => localStorage.entries.size > 0);
	const second = connect(node, { timeout: 300, websocketRetryDelay: 0 });
	await second.client.ready(5_000);
	assert.deepEqual(second.transports, ['polling']);
	assert.equal(node.streams, 1);
});

test('takes a WebSocket where it passes, and no stream', async () => {
	const node = await start({ sockets: 'passed' });
	const { client, transports } = connect(node);
	await client.ready(5_000);
	assert.deepEqual(transports, ['websocket']);
	assert.equal(node.streams, 0);
});

test('begins with what has worked for another page, and finds the WebSocket again', async () => {
	const node = await start({ sockets: 'refused' });
	const first = connect(node, { websocketRetryDelay: 20 });
	await first.client.ready(5_000);
	await until(() => node.tried >= 2 && localStorage.entries.size > 0);
	first.client.disconnect();
	const tried = node.tried;
	const second = connect(node);
	await second.client.ready(5_000);
	assert.equal(node.tried, tried);
	assert.deepEqual(second.transports, ['http_stream']);
	node.sockets = 'passed';
	node.status = 503;
	const third = connect(node);
	await third.client.ready(10_000);
	assert.deepEqual(third.transports, ['websocket']);
});

test('does not remember a single WebSocket that fails, and goes back to it soon', async () => {
	const node = await start({ sockets: 'refused' });
	const { client, transports } = connect(node, { websocketRetryDelay: 40 });
	await client.ready(5_000);
	node.sockets = 'passed';
	assert.deepEqual([...localStorage.entries], []);
	await until(() => transports.length === 2);
	assert.deepEqual(transports, ['http_stream', 'websocket']);
	assert.match([...localStorage.entries.values()].join(), /^websocket /);
	const other = connect(node);
	await other.client.ready(5_000);
	assert.deepEqual(other.transports, ['websocket']);
});

for (const sockets of ['refused', 'silent']) {
	test(`goes on over HTTP while WebSockets are ${sockets}, tries more and more seldom, and misses and doubles nothing when they pass`, async () => {
		const node = await start({ sockets });
		const { client, transports } = connect(node, { websocketRetryDelay: 20, ...(sockets === 'silent' && { timeout: 600 }) });
		await client.ready(5_000);
		const subscription = client.newSubscription('log');
		const received = [];
		const begun = [];
		subscription.on('publication', ({ data }) => received.push(data));
		subscription.on('subscribed', ({ wasRecovering, recovered }) => begun.push([wasRecovering, recovered]));
		subscription.subscribe();
		await subscription.ready(5_000);
		let published = 0;
		const publishing = setInterval(() => node.publish(published++), 1);
		cleanups.push(() => clearInterval(publishing));
		await until(() => node.tried >= 3);
		assert.deepEqual(transports, ['http_stream']);
		node.sockets = 'passed';
		await until(() => transports.length === 2 && begun.length === 2);
		clearInterval(publishing);
		node.publish(published++);
		await until(() => received.length >= published);
		assert.deepEqual(received, Array.from({ length: published }, (_, i) => i));
		assert.deepEqual(transports, ['http_stream', 'websocket']);
		assert.deepEqual(begun[1], [true, true]);
	});
}

test('changes over when no call is under way', async () => {
	const node = await start({ sockets: 'refused' });
	const { client, transports } = connect(node, { websocketRetryDelay: 20 });
	await client.ready(5_000);
	node.sockets = 'passed';
	let calling = true;
	const answers = [];
	const calls = (async () => {
		for (let i = 0; calling; i++) {
			answers.push((await client.rpc('echo', i)).data);
			await new Promise((again) => setTimeout(again, 60));
		}
	})();
	await until(() => transports.length === 2);
	calling = false;
	await calls;
	assert.deepEqual(answers, Array.from({ length: answers.length }, (_, i) => i));
});

test('tries no WebSocket again where it shall not', async () => {
	const node = await start({ sockets: 'refused' });
	const one = connect(node, { websocketRetryDelay: 0 });
	await one.client.ready(5_000);
	const other = connect(node, { websocketRetryDelay: 10, transports: ['http_stream'] });
	await other.client.ready(5_000);
	await Promise.all([1, 2, 3].map((data) => new Promise((later) => setTimeout(later, 100 + data))));
	assert.equal(node.tried, 1);
});

test('comes back over the stream after it has ended', async () => {
	const node = await start({ sockets: 'refused' });
	const { client, transports } = connect(node);
	await client.ready(5_000);
	node.stream.end();
	const deadline = Date.now() + 5_000;
	while (transports.length < 2 && Date.now() < deadline) {
		await new Promise((again) => setTimeout(again, 10));
	}
	assert.deepEqual(transports, ['http_stream', 'http_stream']);
	assert.equal(node.tried, 1);
});

test('ends where the stream is refused because nobody is logged in', async () => {
	const node = await start({ sockets: 'refused', status: 401 });
	const { client } = connect(node);
	const left = await new Promise((resolve) => client.on('disconnected', resolve));
	assert.deepEqual(left, { code: Code.UNAUTHORIZED, reason: 'unauthorized' });
});
