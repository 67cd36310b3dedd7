/**
 * The npm clients @stomp/stompjs and sockjs-client, unmodified, on two nodes: two clients of one user. The arguments are the addresses of the nodes.
 * The last line that is printed is what they have received, as JSON.
 */
import { Client } from "@stomp/stompjs";
import SockJS from "sockjs-client";
import WebSocket from "ws";

const [here, there] = process.argv.slice(2);

function connect(factory) {
	return new Promise((resolve, reject) => {
		const client = new Client({
			webSocketFactory: factory,
			reconnectDelay: 0,
			onConnect: () => resolve(client),
			onStompError: (frame) => reject(new Error(frame.headers.message)),
			onWebSocketError: (event) => reject(new Error(`no connection: ${event.message ?? event.type}`))
		});
		client.activate();
	});
}

/** Subscribe, and wait for the receipt. */
function subscribe(client, destination, received) {
	return new Promise((resolve) => {
		const receipt = `subscribed-${destination}`;
		client.watchForReceipt(receipt, resolve);
		client.subscribe(destination, (message) => received.push(message.body), { receipt });
	});
}

function publish(client, destination, body) {
	return new Promise((resolve) => {
		const receipt = `sent-${destination}-${body}`;
		client.watchForReceipt(receipt, resolve);
		client.publish({ destination, body, headers: { receipt } });
	});
}

async function until(condition) {
	for (const end = Date.now() + 20_000; !condition() && Date.now() < end;) {
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

const first = await connect(() => new WebSocket(`ws://${here}/ws?user=ada`, ["v12.stomp"]));
const second = await connect(() => new WebSocket(`ws://${there}/ws?user=ada`, ["v12.stomp"]));
const third = await connect(() => new SockJS(`http://${there}/sockjs?user=ada`, null, { transports: ["xhr-streaming"] }));
const received = { first: [], second: [], third: [] };
for (const [name, client] of Object.entries({ first, second, third })) {
	await subscribe(client, "/topic/x", received[name]);
	await subscribe(client, "/user/queue/reply", received[name]);
}
await publish(first, "/topic/x", "one");
await until(() => Object.values(received).every((bodies) => bodies.length >= 1));
await publish(second, "/app/all", "two");
await until(() => Object.values(received).every((bodies) => bodies.length >= 2));
await publish(third, "/app/one", "three");
await until(() => received.third.length >= 3);
await Promise.all([first, second, third].map((client) => client.deactivate()));
console.log(JSON.stringify(received));
