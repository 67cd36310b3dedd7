// The unmodified npm client `centrifuge`, which opens a socket with a ticket as its token, and once more with the same one.
// Says "subscribed as CLIENT", then what it has heard, then with what code the ticket is refused.
// Usage: centrifuge-ticket.mjs URL TICKET CHANNEL
import { Centrifuge } from 'centrifuge';
import { WebSocket } from 'ws';

const [url, ticket, channel] = process.argv.slice(2);
const client = new Centrifuge(url, { websocket: WebSocket, token: ticket });
const subscription = client.newSubscription(channel);
let id = '';
client.on('connected', (context) => id = context.client);
subscription.on('subscribed', () => console.log(`subscribed as ${id}`));
subscription.on('publication', ({ data }) => {
	console.log(JSON.stringify(data));
	const again = new Centrifuge(url, { websocket: WebSocket, token: ticket });
	again.on('connected', () => console.log('let in again'));
	again.on('disconnected', ({ code, reason }) => {
		console.log(`refused with ${code} ${reason}`);
		client.disconnect();
	});
	again.connect();
});
for (const failure of ['error', 'disconnected']) {
	client.on(failure, (context) => console.error(failure, JSON.stringify(context)));
}
subscription.subscribe();
client.connect();
