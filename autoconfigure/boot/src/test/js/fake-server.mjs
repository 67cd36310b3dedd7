// As much of a server as the client's tests need: it notes commands, answers what it is told to answer, and does with a
// connection what a test wants.
import { once } from 'node:events';
import { WebSocketServer } from 'ws';

export class FakeServer {

	constructor(answers = {}) {
		this.answers = { connect: () => ({ connect: { client: 'c1', ping: 25, pong: true } }), ...answers };
		this.commands = [];
		this.frames = [];
		this.sockets = [];
		this.waiting = [];
		this.server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
		this.server.on('connection', (socket) => {
			this.sockets.push(socket);
			this.changed();
			socket.on('message', (frame) => this.received(socket, String(frame)));
		});
	}

	static async start(answers) {
		const server = new FakeServer(answers);
		await once(server.server, 'listening');
		return server;
	}

	get url() {
		return `ws://127.0.0.1:${this.server.address().port}/connection/websocket`;
	}

	get socket() {
		return this.sockets.at(-1);
	}

	received(socket, frame) {
		this.frames.push(frame);
		const replies = [];
		for (const line of frame.split('\n')) {
			const command = JSON.parse(line);
			const name = Object.keys(command).find((key) => key !== 'id');
			this.commands.push(name ? { command: name, ...command[name] } : { command: 'pong' });
			const answer = this.answers[name];
			const reply = typeof answer === 'function' ? answer(command[name], socket) : answer;
			if (command.id && reply !== null) {
				replies.push(JSON.stringify({ id: command.id, ...(reply ?? { [name]: {} }) }));
				(reply?.after ?? []).forEach((each) => replies.push(JSON.stringify(each)));
			}
		}
		if (replies.length) {
			socket.send(replies.join('\n'));
		}
		this.changed();
	}

	push(channel, push) {
		this.socket.send(JSON.stringify({ push: { channel, ...push } }));
	}

	named(name) {
		return this.commands.filter((each) => each.command === name);
	}

	changed() {
		this.waiting.forEach((each) => each());
	}

	/** `interval`: how often to look besides, for what this server does not see. */
	async until(condition, timeout = 5_000, interval = 0) {
		if (!condition(this)) {
			await new Promise((resolve, reject) => {
				const timer = setTimeout(() => reject(new Error(`never: ${condition}`)), timeout);
				const check = () => {
					if (condition(this)) {
						clearTimeout(timer);
						clearInterval(looking);
						resolve();
					}
				};
				const looking = interval ? setInterval(check, interval) : undefined;
				this.waiting.push(check);
			});
		}
	}

	async close() {
		this.sockets.forEach((each) => each.terminate());
		await new Promise((resolve) => this.server.close(resolve));
	}

}
