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
 * `status`: what it answers to the request for a stream.
 */
async function start({ sockets, status = 200 }) {
	const node = { sockets, status, commands: [], requests: [], streams: 0, tried: 0 };
	const answer = (frame, write) => {
		for (const { id, ...command } of frame.split('\n').map((line) => JSON.parse(line))) {
			const name = Object.keys(command)[0] ?? 'pong';
			node.commands.push(name);
			if (id) {
				const results = { connect: { client: 'c1', ping: 25, pong: true, session: 's', node: 'n' }, subscribe: {}, rpc: { data: command.rpc?.data } };
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
			node.stream = response;
			answer(body, (line) => response.write(line));
		}
		else if (request.url.endsWith('/emulation')) {
			const { session, node: name, data } = JSON.parse(body);
			assert.deepEqual([session, name], ['s', 'n']);
			answer(data, (line) => node.stream.write(line));
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

test('takes a WebSocket where it passes, and no stream', async () => {
	const node = await start({ sockets: 'passed' });
	const { client, transports } = connect(node);
	await client.ready(5_000);
	assert.deepEqual(transports, ['websocket']);
	assert.equal(node.streams, 0);
});

test('begins with what has worked for another page, and finds the WebSocket again', async () => {
	const node = await start({ sockets: 'refused' });
	await connect(node).client.ready(5_000);
	assert.equal(node.tried, 1);
	const second = connect(node);
	await second.client.ready(5_000);
	assert.equal(node.tried, 1);
	assert.deepEqual(second.transports, ['http_stream']);
	node.sockets = 'passed';
	node.status = 503;
	const third = connect(node);
	await third.client.ready(10_000);
	assert.deepEqual(third.transports, ['websocket']);
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
