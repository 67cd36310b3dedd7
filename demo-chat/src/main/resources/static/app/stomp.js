/**
 * The lobby over STOMP: a client of @stomp/stompjs for each node.
 */

import { Client } from "/webjars/stomp__stompjs/7.2.1/esm6/index.js";
import { csrf, fetchNode, nodesOf } from "./nodes.js";

const WHO_INTERVAL = 2_000;
const MAX_SHOWN = 200;

/** "@ada hello" */
const WHISPER = /^@(\S+)\s+(.+)$/s;

function lobby(node) {
	const section = document.getElementById("lobby-template").content.firstElementChild.cloneNode(true);
	const part = (selector) => section.querySelector(selector);
	const input = part("input");
	section.dataset.node = node.name;
	section.dataset.tone = node.tone;
	part(".lobby-node").textContent = node.name;
	part(".lobby-said").setAttribute("aria-label", `Said on ${node.name}`);
	input.setAttribute("aria-label", `Say something on ${node.name}`);
	input.placeholder = "Say something";

	const url = new URL("ws", node.base);
	url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
	const client = new Client({ brokerURL: url.href, reconnectDelay: 1_000 });
	let asking;

	function state(name) {
		section.dataset.state = name;
		part(".pill").textContent = name;
		part(".pill").dataset.state = name === "live" ? "running" : "starting";
		input.disabled = name !== "live";
	}

	function show(said, kind) {
		const item = document.createElement("li");
		const from = document.createElement("b");
		from.textContent = said.from;
		const text = document.createElement("span");
		text.className = "text";
		text.textContent = said.text;
		const via = document.createElement("small");
		via.textContent = `${kind === "whisper" ? "to you, " : ""}through ${said.node}`;
		item.className = kind;
		item.append(from, " ", text, " ", via);
		const list = part(".lobby-said");
		list.append(item);
		if (list.childElementCount > MAX_SHOWN) {
			list.firstElementChild.remove();
		}
		list.scrollTop = list.scrollHeight;
	}

	client.onConnect = () => {
		client.subscribe("/topic/lobby", (message) => show(JSON.parse(message.body), "said"));
		client.subscribe("/user/queue/whispers", (message) => show(JSON.parse(message.body), "whisper"));
		client.subscribe("/user/queue/who", (message) => {
			part(".lobby-who").textContent = `In the lobby: ${JSON.parse(message.body).join(", ")}`;
		});
		client.subscribe("/app/welcome", (message) => {
			part(".lobby-node").textContent = JSON.parse(message.body).node;
		});
		// Nothing is missed from here on: the node answers when it follows the others
		client.watchForReceipt("ready", () => state("live"));
		client.subscribe("/topic/ready", () => {}, { receipt: "ready" });
		const ask = () => client.publish({ destination: "/app/who" });
		ask();
		asking = setInterval(ask, WHO_INTERVAL);
	};
	client.onWebSocketClose = () => {
		clearInterval(asking);
		state("connecting");
	};
	client.onStompError = (frame) => problem(frame.headers.message);

	part("form").addEventListener("submit", (event) => {
		event.preventDefault();
		const text = input.value.trim();
		const whisper = WHISPER.exec(text);
		if (whisper) {
			client.publish({ destination: "/app/whisper", headers: { "content-type": "application/json" },
				body: JSON.stringify({ to: whisper[1], text: whisper[2] }) });
		}
		else if (text) {
			client.publish({ destination: "/app/lobby", headers: { "content-type": "application/json" },
				body: JSON.stringify({ text }) });
		}
		input.value = "";
	});
	state("connecting");
	client.activate();
	return section;
}

function problem(text) {
	const banner = document.getElementById("problem");
	banner.textContent = text;
	banner.hidden = !text;
}

document.querySelector("[name=_csrf]").value = csrf();
try {
	document.getElementById("lobbies").append(...nodesOf(await fetchNode()).map(lobby));
}
catch (error) {
	problem(`The node does not say which nodes there are: ${error.message}`);
}
