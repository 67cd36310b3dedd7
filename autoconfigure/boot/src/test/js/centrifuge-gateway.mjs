// The unmodified npm client `centrifuge` through a gateway over TLS. Says "subscribed", and then what it has heard, as JSON.
// Usage: centrifuge-gateway.mjs URL CERTIFICATE COOKIE CHANNEL COUNT
import { readFileSync } from 'node:fs';
import { Centrifuge } from 'centrifuge';
import { WebSocket } from 'ws';

const [url, certificate, cookie, channel, count] = process.argv.slice(2);

class Trusting extends WebSocket {
	constructor(address, protocols) {
		super(address, protocols, { ca: readFileSync(certificate), headers: { Cookie: cookie } });
	}
}

const client = new Centrifuge(url, { websocket: Trusting });
const subscription = client.newSubscription(channel);
const heard = [];
subscription.on('subscribed', () => console.log('subscribed'));
subscription.on('publication', ({ data }) => {
	heard.push(data);
	if (heard.length === Number(count)) {
		client.disconnect();
		console.log(JSON.stringify(heard));
	}
});
for (const failure of ['error', 'disconnected']) {
	client.on(failure, (context) => console.error(failure, JSON.stringify(context)));
}
subscription.subscribe();
client.connect();
