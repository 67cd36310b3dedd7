/**
 * The console: asks the actuator every few seconds for what there is, and hears every second what the nodes do.
 */

import { Actuator, ActuatorError } from "./actuator.js";
import { Chart, format } from "./chart.js";
import { Live } from "./live.js";
import { Table, pager } from "./table.js";

const REFRESH = 4_000;
const SESSIONS = 25;
const ROOMS = 12;

const $ = (id) => document.getElementById(id);
const setting = (name) => document.querySelector(`meta[name="atmosphere-${name}"]`).content;

const actuator = new Actuator(setting("actuator"), { header: setting("csrf-header"), token: setting("csrf-token") });
const writable = setting("writable") === "true";
const live = new Live(setting("socket"));
const chart = new Chart($("chart"));

const view = { user: "", channel: "", sessionsPage: 0, roomsPage: 0, room: null, paused: false };
let self = null;
let refreshing = false;

// Figures of nodes

const nodes = new Table($("nodes"), {
	key: (node) => node.id,
	empty: "Nothing is known yet.",
	columns: [
		(node) => node.name,
		(node) => node.address ?? "–",
		(node) => ({ text: node.startedAt ? ago(node.startedAt) : "–", title: exactly(node.startedAt), className: "nowrap" }),
		(node) => node.version ?? "–",
		(node) => ({ text: node.relay ? node.relay.toLowerCase() : "–", state: node.relay ?? "" }),
		(node) => ({ text: node.sessions, className: "number" }),
		(node) => ({ text: node.channels, className: "number" }),
		(node) => ({ text: node.received === null ? "–" : format(node.received), className: "number" }),
		(node) => ({ text: node.delivered === null ? "–" : format(node.delivered), className: "number" })
	]
});

/** What the cluster says, and what the nodes say of themselves, which is newer. */
function showNodes() {
	const merged = new Map();
	if (self) {
		merged.set(self.id, {
			id: self.id, name: self.name, address: location.host, startedAt: null, version: null, relay: self.relay.state,
			sessions: self.sessions, channels: self.channels, received: null, delivered: null
		});
	}
	for (const rates of live.current()) {
		merged.set(rates.id, { address: null, startedAt: null, version: null, ...merged.get(rates.id), ...rates });
	}
	const list = [...merged.values()].sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
	nodes.show(list);
	put($("nodes-count"), list.length || "");
	const select = $("rates-node");
	const options = [["", "All"], ...list.map(({ id, name }) => [id, name])];
	if (JSON.stringify(Array.from(select.options, ({ value, text }) => [value, text])) !== JSON.stringify(options)) {
		const chosen = select.value;
		select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
		select.value = options.some(([value]) => value === chosen) ? chosen : "";
		chart.show(select.value);
	}
}

function tick() {
	if (view.paused) {
		return;
	}
	chart.add(live.current());
	const latest = chart.latest();
	for (const item of $("legend").children) {
		put(item.querySelector("b"), latest ? format(latest[item.dataset.series]) : "–");
	}
	showNodes();
}

function showLive() {
	const pill = $("live");
	const state = view.paused ? "paused" : live.state;
	pill.dataset.state = state;
	put(pill, { connecting: "Connecting", live: "Live", off: "No live figures", paused: "Paused" }[state]);
	const hint = $("rates-hint");
	hint.hidden = state !== "off";
	put(hint, "The channel with the figures cannot be reached. It is open to authenticated clients, unless "
		+ "atmosphere.console.subscribe says otherwise.");
}

// Rooms and who is in them

const rooms = new Table($("rooms"), {
	key: (room) => room.name,
	empty: "Nobody is in any room.",
	columns: [
		(room) => ({ text: room.name, button: { className: "link", label: `Show who is in ${room.name}`, action: () => choose(room.name) } }),
		(room) => ({ text: room.sessions, className: "number" })
	]
});

function choose(room) {
	view.room = room;
	announce(`Members of ${room}`);
	refresh();
}

async function showRooms() {
	const page = await actuator.rooms({ page: view.roomsPage, size: ROOMS });
	if (view.roomsPage > 0 && !page.content.length) {
		view.roomsPage = 0;
		return showRooms();
	}
	rooms.show(page.content, { current: view.room });
	put($("rooms-count"), page.total);
	pager($("rooms-pager"), page, (number) => {
		view.roomsPage = number;
		refresh();
	});
}

async function showMembers() {
	const room = view.room;
	$("members-hint").hidden = room !== null;
	if (room === null) {
		return;
	}
	put($("members-title"), `Members of ${room}`);
	const page = await actuator.sessions({ page: 0, size: 200, channel: room });
	const users = new Map();
	for (const { user } of page.content) {
		users.set(user, (users.get(user) ?? 0) + 1);
	}
	put($("members-count"), page.total === 1 ? "1 session" : `${page.total} sessions`);
	const hint = $("members-hint");
	hint.hidden = users.size > 0;
	put(hint, "Nobody is here.");
	const items = [...users].sort(([a], [b]) => (a ?? "\uffff").localeCompare(b ?? "\uffff"));
	const shown = JSON.stringify(items);
	if ($("members").dataset.shown !== shown) {
		$("members").dataset.shown = shown;
		$("members").replaceChildren(...items.map(([user, count]) => member(user, count)));
	}
}

function member(user, count) {
	const item = document.createElement("li");
	item.append(user ?? "anonymous");
	if (count > 1) {
		const times = document.createElement("span");
		times.className = "muted";
		times.textContent = `${count} sessions`;
		item.append(times);
	}
	return item;
}

// Sessions

const sessions = new Table($("sessions"), {
	key: (session) => session.id,
	empty: "No session matches.",
	columns: [
		(session) => session.user ? { text: session.user } : { text: "anonymous", className: "muted" },
		(session) => ({ text: session.node ?? nodeOf(session.id), className: "nowrap" }),
		(session) => ({ text: clean(session.remoteAddress), title: session.id, className: "nowrap" }),
		(session) => ({ text: ago(session.openedAt), title: exactly(session.openedAt), className: "nowrap" }),
		(session) => ({ text: roomsOf(session), className: "rooms-cell" }),
		(session) => ({ text: session.queuedMessages ?? "–", className: "number" }),
		(session) => writable && session.user
			? { text: "Disconnect", className: "action", button: { className: "quiet-danger", label: `Disconnect ${session.user}`, action: () => confirmDisconnect(session.user) } }
			: { text: "", className: "action" }
	]
});

async function showSessions() {
	const page = await actuator.sessions({ page: view.sessionsPage, size: SESSIONS, user: view.user, channel: view.channel });
	if (view.sessionsPage > 0 && !page.content.length) {
		view.sessionsPage = 0;
		return showSessions();
	}
	sessions.show(page.content);
	put($("sessions-count"), page.total);
	pager($("sessions-pager"), page, (number) => {
		view.sessionsPage = number;
		refresh();
	});
}

function roomsOf({ channels, channelCount }) {
	const more = channelCount - channels.length;
	return channels.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** A session's id begins with its node's. */
function nodeOf(sessionId) {
	const id = sessionId.split(".")[0];
	return live.nodes.get(id)?.rates.name ?? (self?.id === id ? self.name : id.slice(0, 8));
}

function confirmDisconnect(user) {
	const dialog = $("confirm");
	put($("confirm-title"), `Disconnect ${user}?`);
	put($("confirm-text"), "All sessions of this user are closed, on every node. The user can connect again.");
	put($("confirm-error"), "");
	$("confirm-yes").onclick = async () => {
		$("confirm-yes").disabled = true;
		try {
			await actuator.disconnectUser(user);
			dialog.close();
			announce(`${user} was disconnected.`);
			refresh();
		}
		catch (error) {
			put($("confirm-error"), error.message);
		}
		finally {
			$("confirm-yes").disabled = false;
		}
	};
	dialog.showModal();
	$("confirm-cancel").focus();
}

// All of it

async function refresh() {
	if (refreshing || !actuator.reachable) {
		return;
	}
	refreshing = true;
	try {
		self = await actuator.node();
		put($("cluster"), `on ${self.name}`);
		showNodes();
		await Promise.all([showRooms(), showMembers(), showSessions()]);
		problem("");
	}
	catch (error) {
		if (!(error instanceof ActuatorError)) {
			console.error(error);
		}
		problem(error.message);
	}
	finally {
		refreshing = false;
	}
}

function problem(text) {
	const banner = $("problem");
	if (banner.textContent !== text) {
		banner.textContent = text;
	}
	banner.hidden = text === "";
}

function announce(text) {
	$("announce").textContent = text;
}

function put(element, text) {
	if (element.textContent !== String(text)) {
		element.textContent = text;
	}
}

function ago(time) {
	const seconds = Math.max(0, Math.round((Date.now() - new Date(time).getTime()) / 1000));
	if (seconds < 60) {
		return "just now";
	}
	for (const [unit, length] of [["day", 86_400], ["hour", 3_600], ["minute", 60]]) {
		if (seconds >= length) {
			const count = Math.floor(seconds / length);
			return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
		}
	}
	return "";
}

function exactly(time) {
	return time ? new Date(time).toLocaleString() : "";
}

/** "/127.0.0.1:52114" and "localhost/127.0.0.1:52114", as Java writes them. */
function clean(address) {
	return address === "null" ? "–" : String(address ?? "–").replace(/^[^/]*\//, "");
}

$("search").addEventListener("submit", (event) => {
	event.preventDefault();
	view.user = $("search-user").value.trim();
	view.channel = $("search-channel").value.trim();
	view.sessionsPage = 0;
	refresh().then(() => announce(`${$("sessions-count").textContent} sessions found`));
});

$("search").addEventListener("reset", () => {
	Object.assign(view, { user: "", channel: "", sessionsPage: 0 });
	refresh();
});

$("rates-node").addEventListener("change", () => chart.show($("rates-node").value));

$("pause").addEventListener("click", () => {
	view.paused = !view.paused;
	$("pause").setAttribute("aria-pressed", String(view.paused));
	showLive();
	refresh();
});

$("confirm-cancel").addEventListener("click", () => $("confirm").close());

live.addEventListener("state", showLive);

const user = setting("user");
$("user").hidden = !user;
put($("user"), user);

if (!writable) {
	const hint = $("sessions-hint");
	hint.hidden = false;
	hint.textContent = "To disconnect users from here, set management.endpoint.atmosphere.access=unrestricted.";
}
if (!actuator.reachable) {
	problem("The actuator has a port of its own (management.server.port) or is not there, and this page cannot ask it.");
}

function resume() {
	live.start();
	refresh();
}

addEventListener("pagehide", () => live.stop());
addEventListener("pageshow", (event) => {
	if (event.persisted) {
		resume();
	}
});
setInterval(() => {
	if (!view.paused && document.visibilityState === "visible") {
		refresh();
	}
}, REFRESH);
setInterval(tick, 1_000);
showNodes();
resume();
