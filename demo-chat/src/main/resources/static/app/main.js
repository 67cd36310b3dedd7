/**
 * The page: who and where one is, and one pane or one for each node.
 */

import { cleanName, cleanRoom } from "./messages.js";
import { fetchNode, nodesOf } from "./nodes.js";
import { Pane } from "./pane.js";

const ROOMS = ["lobby", "engineering", "random"];
const GUESTS = ["Ada", "Ben", "Chloe", "Dev", "Elif", "Finn", "Greta", "Hugo"];
const RELAYS = { redis: "Redis", kafka: "Kafka", local: "no relay" };

const $ = (id) => document.getElementById(id);
const parameters = new URLSearchParams(location.search);
const stored = load();

let info = { node: location.host, nodes: [], relay: "" };
let nodes = [];
let panes = [];

const session = {
	name: cleanName(parameters.get("name") ?? stored.name ?? ""),
	room: cleanRoom(parameters.get("room") ?? ""),
	side: parameters.get("view") === "side"
};

function load() {
	try {
		return JSON.parse(localStorage.getItem("atmosphere-relay-chat")) ?? {};
	}
	catch {
		return {};
	}
}

function save() {
	try {
		localStorage.setItem("atmosphere-relay-chat", JSON.stringify({ name: session.name, room: session.room }));
	}
	catch {
		// Storage may be refused; the chat works without
	}
	const query = new URLSearchParams({ room: session.room });
	if (session.side) {
		query.set("view", "side");
	}
	history.replaceState(null, "", `?${query}`);
}

function welcome() {
	close();
	$("app").hidden = true;
	$("welcome").hidden = false;
	$("welcome-node").textContent = info.node;
	$("join-name").value = session.name;
	$("join-room").value = session.room || stored.room || ROOMS[0];
	document.title = "Atmosphere Relay chat";
	(session.name ? $("join-room") : $("join-name")).focus();
}

function join() {
	close();
	save();
	$("welcome").hidden = true;
	$("app").hidden = false;
	$("room-name").textContent = `#${session.room}`;
	$("change-room").setAttribute("aria-label", `Room ${session.room}, change room or name`);
	document.title = `#${session.room} on ${info.node}`;
	const relay = $("relay");
	relay.hidden = !info.relay;
	relay.textContent = info.relay === "local" ? "Single node" : `via ${RELAYS[info.relay] ?? info.relay}`;
	const side = $("side");
	side.hidden = nodes.length < 2;
	session.side &&= nodes.length > 1;
	side.setAttribute("aria-pressed", String(session.side));
	const shown = session.side ? nodes : nodes.filter((node) => node.here);
	const guests = GUESTS.filter((guest) => guest.toLowerCase() !== session.name.toLowerCase());
	panes = shown.map((node) => new Pane({
		node,
		room: session.room,
		author: node.here ? session.name : guests.shift() ?? "Guest",
		tones: toneOf,
		relay: RELAYS[info.relay] ?? info.relay,
		linked: session.side && !node.here,
		live: node.here,
		onAuthor: node.here ? renamed : null
	}));
	$("panes").classList.toggle("many", session.side);
	$("panes").replaceChildren(...panes.map((pane) => pane.element));
	panes.forEach((pane) => pane.start());
	panes.find((pane) => pane.element.dataset.node === info.node)?.focus();
}

function close() {
	panes.forEach((pane) => pane.stop());
	panes = [];
	$("panes").replaceChildren();
}

function renamed(name) {
	session.name = name;
	save();
}

function toneOf(name) {
	return nodes.find((node) => node.name === name)?.tone ?? -1;
}

$("join").addEventListener("submit", (event) => {
	event.preventDefault();
	const name = cleanName($("join-name").value);
	const room = cleanRoom($("join-room").value);
	const missing = !name ? $("join-name") : !room ? $("join-room") : null;
	$("join-name").setAttribute("aria-invalid", String(!name));
	$("join-room").setAttribute("aria-invalid", String(!room));
	if (missing) {
		$("join-error").textContent = name ? "A room's name needs a letter or a digit." : "Please give a name.";
		missing.focus();
		return;
	}
	$("join-error").textContent = "";
	session.name = name;
	session.room = room;
	join();
});

$("join-rooms").append(...ROOMS.map((room) => {
	const button = document.createElement("button");
	button.type = "button";
	button.textContent = `#${room}`;
	button.addEventListener("click", () => {
		$("join-room").value = room;
	});
	return button;
}));

$("change-room").addEventListener("click", welcome);

$("side").addEventListener("click", () => {
	session.side = !session.side;
	join();
	$("side").focus();
});

addEventListener("pagehide", () => panes.forEach((pane) => pane.stop()));
addEventListener("pageshow", (event) => {
	if (event.persisted && !$("app").hidden) {
		join();
	}
});

try {
	info = await fetchNode();
}
catch {
	// The panes show it when the node is down
}
nodes = nodesOf(info);
if (session.name && session.room) {
	join();
}
else {
	welcome();
}
