// The unmodified atmosphere.js client behind a balancer that sends each request to the next node, and refuses
// WebSockets. What the client is told is printed as one JSON line for the test that runs this.
//
// Usage: node atmosphere-http.mjs PORTS PATH OPTIONS SEND LAST
//   PORTS   the nodes' ports, separated by commas
//   PATH    the channel's path
//   OPTIONS the options of atmosphere.js, as JSON
//   SEND    messages that the client sends once it is open, as a JSON array
//   LAST    the message after which the client stops
import http from 'node:http';
import { EventSource } from 'eventsource';
import { WebSocket } from 'ws';

// Browsers bring these
globalThis.WebSocket ??= WebSocket;
globalThis.EventSource ??= EventSource;

const { atmosphere } = await import('atmosphere.js');
const [ports, path, options, send, last] = process.argv.slice(2);
const nodes = ports.split(',').map(Number);
const events = [];
const messages = [];
const statuses = {};
let turn = 0;

// A node that has gone is left out, as a balancer does after a failed connection
function forward(request, response, body, attempts) {
	if (attempts === 0) {
		response.writeHead(502).end();
		return;
	}
	const port = nodes[turn++ % nodes.length];
	let begun = false;
	const headers = { ...request.headers, host: request.headers.host, connection: 'close' };
	const backend = http.request({ port, path: request.url, method: request.method, headers }, (answer) => {
		begun = true;
		statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1;
		response.writeHead(answer.statusCode, answer.headers);
		response.flushHeaders();
		answer.pipe(response);
		answer.on('error', () => response.destroy());
		answer.on('aborted', () => response.destroy());
	});
	backend.on('error', () => {
		if (begun || response.headersSent) {
			response.destroy();
		}
		else {
			forward(request, response, body, attempts - 1);
		}
	});
	response.on('close', () => backend.destroy());
	backend.end(body);
}

const balancer = http.createServer((request, response) => {
	const parts = [];
	request.on('data', (part) => parts.push(part));
	request.on('end', () => forward(request, response, Buffer.concat(parts), nodes.length));
});
balancer.on('upgrade', (request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'));
await new Promise((listening) => balancer.listen(0, listening));

function finish(error) {
	process.stdout.write(JSON.stringify({ events, messages, statuses, error: error ?? null }) + '\n',
		() => process.exit(0));
}

setTimeout(() => finish('timeout'), 50_000);
let subscription;
let opened = false;
let sent = false;

function greet() {
	if (opened && subscription && !sent) {
		sent = true;
		JSON.parse(send).forEach((message) => subscription.push(message));
	}
}

subscription = await atmosphere.subscribe(
	{ url: `http://localhost:${balancer.address().port}${path}`, reconnect: true, ...JSON.parse(options) },
	{
		open: (response) => {
			events.push(`open ${response.transport}`);
			opened = true;
			greet();
		},
		reopen: () => events.push('reopen'),
		close: () => events.push('close'),
		transportFailure: () => events.push('transportFailure'),
		message: (response) => {
			messages.push(response.responseBody);
			if (response.responseBody === last) {
				finish();
			}
		},
		error: (error) => events.push(String(error)),
	});
greet();
