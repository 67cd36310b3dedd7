/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

// The packages ws and @redis/client as their documentation has them: a subscription for each
// room, and each message sent to each socket of its room. Nothing is promised: what a
// client does not read waits without limit, and what the broker loses is lost.

import { createInterface } from 'node:readline';
import { createClient } from '@redis/client';
import { WebSocketServer } from 'ws';

const redis = { socket: { host: '127.0.0.1', port: Number(process.argv[2]) } };
const publisher = await createClient(redis).connect();
const subscriber = await createClient(redis).connect();
const rooms = new Map();

function deliver(members, message) {
	for (const socket of members) {
		socket.send(message, { binary: false });
	}
}

async function join(room, socket) {
	let members = rooms.get(room);
	if (!members) {
		members = new Set();
		rooms.set(room, members);
		members.add(socket);
		// As bytes: to make text of them and bytes again would be for nothing
		await subscriber.subscribe(room, (message) => deliver(members, message), true);
	}
	members.add(socket);
	socket.on('close', () => members.delete(socket));
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096, perMessageDeflate: false });
server.on('connection', (socket, request) => {
	if (request.url.startsWith('/chat/')) {
		join(request.url.slice(1), socket);
	}
	socket.on('message', (data) => {
		const bar = data.indexOf('|');
		publisher.publish(`chat/${data.toString('ascii', 0, bar)}`, data.subarray(bar + 1));
	});
	socket.on('error', () => socket.terminate());
});
server.on('listening', () => console.log(`PORT ${server.address().port}`));

const control = createInterface(process.stdin);
control.on('line', () => {
	globalThis.gc();
	console.log(`HEAP ${process.memoryUsage().heapUsed}`);
});
control.on('close', () => process.exit());
