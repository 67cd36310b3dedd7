// The unmodified npm client `centrifuge`, driven by a test: commands come in as JSON lines, answers and events go out as
// JSON lines. The WebSocket that it is given is the one of `ws`, which the test can cut and lead elsewhere.
import { createInterface } from 'node:readline';
import { Centrifuge } from 'centrifuge';
import { WebSocket } from 'ws';

const clients = new Map();

function tell(message) {
	process.stdout.write(JSON.stringify(message) + '\n');
}

/** A client with its sockets. */
function open(name, { url, ...options }) {
	const entry = { url, sockets: [], client: null };
	class Routed extends WebSocket {
		constructor() {
			super(entry.url);
			entry.sockets.push(this);
		}
	}
	if (options.tokens) {
		const tokens = options.tokens;
		options.getToken = async () => tokens.shift();
		delete options.tokens;
	}
	const client = new Centrifuge(url, { websocket: Routed, minReconnectDelay: 50, maxReconnectDelay: 400, ...options });
	entry.client = client;
	clients.set(name, entry);
	for (const event of ['connecting', 'connected', 'disconnected', 'error', 'message', 'publication', 'join', 'leave', 'subscribed',
			'unsubscribed']) {
		client.on(event, (context) => tell({ ...plain(context), client: name, event }));
	}
	client.connect();
	return {};
}

function plain({ error, ...context }) {
	return error ? { ...context, code: error.code, reason: error.message } : context;
}

function subscription(name, channel) {
	const client = clients.get(name).client;
	return client.getSubscription(channel) ?? client.newSubscription(channel);
}

const operations = {
	open: ({ client, ...options }) => open(client, options),
	close: ({ client }) => {
		clients.get(client)?.client.disconnect();
		clients.delete(client);
	},
	subscribe: ({ client, channel, ...options }) => {
		const subscription = clients.get(client).client.newSubscription(channel, { minResubscribeDelay: 50, maxResubscribeDelay: 400,
			...options });
		for (const event of ['subscribing', 'subscribed', 'unsubscribed', 'error', 'publication', 'join', 'leave']) {
			subscription.on(event, (context) => tell({ ...plain(context), client, event, channel }));
		}
		subscription.subscribe();
	},
	unsubscribe: ({ client, channel }) => subscription(client, channel).unsubscribe(),
	resubscribe: ({ client, channel }) => subscription(client, channel).subscribe(),
	publish: ({ client, channel, data }) => clients.get(client).client.publish(channel, data),
	history: ({ client, channel, ...options }) => clients.get(client).client.history(channel, options),
	presence: ({ client, channel }) => clients.get(client).client.presence(channel),
	presenceStats: ({ client, channel }) => clients.get(client).client.presenceStats(channel),
	rpc: ({ client, method, data }) => clients.get(client).client.rpc(method, data),
	send: ({ client, data }) => clients.get(client).client.send(data),
	/** Where the next connection goes. */
	route: ({ client, url }) => {
		clients.get(client).url = url;
	},
	/** As if the network was gone: neither end says good-bye. */
	cut: ({ client }) => clients.get(client).sockets.at(-1).terminate(),
	/** The client's end seems to be closed, and the server does not know. */
	abandon: ({ client }) => {
		const socket = clients.get(client).sockets.at(-1);
		socket._socket.pause();
		socket.send = socket.close = socket.terminate = () => {};
		socket.onclose({ code: 1006, reason: '' });
	},
	/** As a device that sleeps. */
	pause: ({ client }) => clients.get(client).sockets.at(-1)._socket.pause(),
	resume: ({ client }) => clients.get(client).sockets.at(-1)._socket.resume(),
	sockets: ({ client }) => ({ count: clients.get(client).sockets.length })
};

createInterface({ input: process.stdin }).on('line', async (line) => {
	const { id, operation, ...parameters } = JSON.parse(line);
	try {
		tell({ id, result: await operations[operation](parameters) ?? {} });
	}
	catch (error) {
		tell({ id, error: { code: error?.code ?? -1, message: String(error?.message ?? error) } });
	}
}).on('close', () => process.exit(0));

tell({ event: 'ready' });
