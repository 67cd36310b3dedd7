/**
 * The page: who and where one is, and one pane or one for each node.
 */

import { Directs } from "./directs.js";
import { cleanRoom, hueOf } from "./messages.js";
import { csrf, fetchMe, fetchNode, nodesOf } from "./nodes.js";
import { Pane } from "./pane.js";
import { Placement } from "./placement.js";

const ROOMS = ["lobby", "engineering", "random"];
/** How often to look for nodes that have come since. */
const LOOK_FOR_NODES = 10_000;
const RELAYS = { redis: "Redis", kafka: "Kafka", local: "no relay" };

const $ = (id) => document.getElementById(id);
const parameters = new URLSearchParams(location.search);
const stored = load();

let leaving = false;
let info = { node: location.host, nodes: [], relay: "" };
let nodes = [];
let panes = [];
let placement = null;
let operator = false;
let directs;

const session = {
	user: "",
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
		localStorage.setItem("atmosphere-relay-chat", JSON.stringify({ room: session.room }));
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
	$("join-room").value = session.room || stored.room || ROOMS[0];
	document.title = "Atmosphere Relay chat";
	$("join-room").focus();
}

function join() {
	close();
	save();
	$("welcome").hidden = true;
	$("app").hidden = false;
	$("room-name").textContent = `#${session.room}`;
	$("change-room").setAttribute("aria-label", `#${session.room}, change room`);
	document.title = `#${session.room} ${behindGateway() ? "through the gateway" : `on ${info.node}`}`;
	const relay = $("relay");
	relay.hidden = !info.relay;
	relay.textContent = info.relay === "local" ? "Single node" : `via ${RELAYS[info.relay] ?? info.relay}`;
	const side = $("side");
	side.hidden = !canBeSideBySide();
	session.side &&= canBeSideBySide();
	side.setAttribute("aria-pressed", String(session.side));
	const shown = session.side ? nodes : nodes.filter((node) => node.here);
	panes = shown.map((node) => new Pane({
		// Side by side each pane shows what becomes of its node, and a gateway finds another one by itself; else the pane
		// goes on with another one
		nodes: session.side || behindGateway() ? [node] : [node, ...nodes.filter((each) => each !== node)],
		behindGateway: behindGateway(),
		room: session.room,
		user: session.user,
		tones: toneOf,
		relay: RELAYS[info.relay] ?? info.relay,
		linked: session.side && !node.here,
		live: node.here,
		directs,
		onLoss: checkLogin,
		onLeft: logInAgain
	}));
	$("panes").classList.toggle("many", session.side);
	$("panes").replaceChildren(...panes.map((pane) => pane.element));
	panes.forEach((pane) => pane.start());
	if (behindGateway()) {
		placement = new Placement({
			room: session.room, operator,
			onSessions: (sessions) => panes.forEach((pane) => pane.placed(sessions))
		});
		placement.start();
	}
	panes.find((pane) => pane.element.dataset.node === info.node)?.focus();
}

function close() {
	placement?.stop();
	placement = null;
	panes.forEach((pane) => pane.stop());
	panes = [];
	$("panes").replaceChildren();
}

/** Nodes tell where they listen, and this page came from elsewhere. */
function behindGateway() {
	return Boolean(info.routed) && String(info.port) !== location.port;
}

function canBeSideBySide() {
	return nodes.length > 1 && !behindGateway();
}

/** A socket does not tell why it was refused: without a log-in, all of them are. */
async function checkLogin() {
	try {
		if (await fetchMe() === null && !leaving) {
			location.assign("login");
		}
	}
	catch {
		// The panes show it when the node is down
	}
}

/** The socket was closed because the user has logged out, in another tab, say. */
function logInAgain() {
	if (!leaving) {
		leaving = true;
		directs?.forget();
		location.assign("login?elsewhere");
	}
}

/** Nodes may start after the page has come. */
async function lookForNodes() {
	try {
		const found = await fetchNode();
		if (JSON.stringify(found.nodes) !== JSON.stringify(info.nodes)) {
			info = found;
			nodes = nodesOf(info);
			$("side").hidden = !canBeSideBySide();
		}
	}
	catch {
		// The panes show it when the node is down
	}
}

function toneOf(name) {
	return nodes.find((node) => node.name === name)?.tone ?? -1;
}

$("join").addEventListener("submit", (event) => {
	event.preventDefault();
	const room = cleanRoom($("join-room").value);
	$("join-room").setAttribute("aria-invalid", String(!room));
	if (!room) {
		$("join-error").textContent = "A room's name needs a letter or a digit.";
		$("join-room").focus();
		return;
	}
	$("join-error").textContent = "";
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

$("side").addEventListener("click", async () => {
	session.side = !session.side;
	if (session.side) {
		await lookForNodes();
	}
	join();
	$("side").focus();
});

addEventListener("pagehide", () => panes.forEach((pane) => pane.stop()));
addEventListener("pageshow", (event) => {
	leaving = false;
	if (event.persisted && !$("app").hidden) {
		join();
	}
});

for (const form of document.querySelectorAll(".logout")) {
	form.addEventListener("submit", () => {
		// The node ends the sockets before it has answered: the answer says where to go
		leaving = true;
		directs?.forget();
		form.elements._csrf.value = csrf();
	});
}

let me = null;
try {
	[info, me] = await Promise.all([fetchNode(), fetchMe()]);
}
catch {
	// The panes show it when the node is down
}
if (me) {
	session.user = me.user;
	$("me").textContent = me.user;
	$("me").dataset.hue = hueOf(me.user);
	$("welcome-user").textContent = me.user;
	operator = me.operator;
	$("console").hidden = !operator;
	$("operator").hidden = !operator;
}
else {
	await checkLogin();
}
directs = new Directs(session.user);
nodes = nodesOf(info);
if (session.room) {
	join();
}
else {
	welcome();
}
setInterval(() => {
	if (document.visibilityState === "visible") {
		lookForNodes();
	}
}, LOOK_FOR_NODES);
