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
const MAX_ROOMS = 600;
const MEMBERS = 60;
/** A change may move users from every node to every other one. */
const MOVING_NODES = 6;
const MOVING_TO = 3;
/** Of a room without presence, so many sessions are looked at. */
const MEMBERS_BY_SESSION = 500;

const $ = (id) => document.getElementById(id);
const setting = (name) => document.querySelector(`meta[name="atmosphere-${name}"]`).content;

const actuator = new Actuator(setting("actuator"), { header: setting("csrf-header"), token: setting("csrf-token") });
const writable = setting("writable") === "true";
const live = new Live(setting("socket"));
const chart = new Chart($("chart"));

const view = { user: "", channel: "", sessionsPage: 0, roomsPage: 0, membersPage: 0, room: null, paused: false };
/** Where each page of sessions begins, as far as one has come. */
let cursors = [null];
let cluster = null;
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
		(node) => ({ text: node.delivered === null ? "–" : format(node.delivered), className: "number" }),
		(node) => ({ text: typeof node.stompSessions === "number" ? `${node.stompSessions} / ${node.stompDestinations}` : "–", className: "number nowrap" })
	]
});

/** What the cluster says, and what the nodes say of themselves, which is newer. */
function showNodes() {
	const merged = new Map();
	for (const { load, ...node } of cluster?.nodes ?? []) {
		merged.set(node.id, {
			...node, relay: node.id === self?.id ? self.relay.state : null, sessions: load.sessions, channels: load.channels,
			received: load.receivedPerSecond, delivered: load.deliveredPerSecond
		});
	}
	for (const rates of live.current()) {
		merged.set(rates.id, { address: null, startedAt: null, version: null, ...merged.get(rates.id), ...rates });
	}
	const list = [...merged.values()].sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
	nodes.show(list);
	put($("nodes-count"), list.length || "");
	$("nodes-hint").hidden = !cluster?.frozen;
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
	put(hint, "The channel with the figures cannot be reached, or you may not see it: atmosphere.console.subscribe says who may."
		+ " By default these are users with the authority ROLE_ADMIN.");
}

// The ring

const ringMembers = new Table($("ring"), {
	key: (member) => member.name,
	empty: "There is no ring yet.",
	columns: [
		(member) => member.name,
		(member) => ({ text: member.weight, className: "number" }),
		(member) => ({ text: `${(100 * member.share).toFixed(1)} %`, className: "number" }),
		(member) => ({ text: member.users, className: "number" }),
		(member) => ({ text: member.sessions, className: "number" }),
		(member) => ({ text: member.inPlace, className: "number" }),
		(member) => member.address ?? "–"
	]
});

async function showRing() {
	// Without routing nobody is asked: browsers log each 404
	const ring = cluster.nodes.some(({ routing }) => routing) ? await actuator.ring() : null;
	$("ring-card").hidden = ring === null;
	if (ring === null) {
		return;
	}
	ringMembers.show(ring.members);
	put($("ring-version"), ring.version ? `${ring.version.term}.${ring.version.counter}` : "");
	put($("ring-scope"), [ring.publisher ? `published by ${ring.publisher.name}` : "not published",
		ring.agreed ? "" : `${ring.self} does not agree`, scope(ring.failed, ring.unanswered)].filter(Boolean).join(", "));
	const hint = $("ring-hint");
	const texts = ring.outside.map(({ name, reason }) => `${name} is outside: ${reason}.`);
	if (ring.problem) {
		texts.push(ring.problem);
	}
	hint.hidden = texts.length === 0;
	put(hint, texts.join(" "));
}

async function showChange() {
	const change = { kind: $("change-kind").value, node: $("change-node").value.trim(), weight: $("change-weight").value };
	try {
		const { users, movingUsers, movingSessions, nodes, failed, unanswered } = await actuator.change(change);
		const from = largest(nodes.map((node) => [node, node.movingUsers]), MOVING_NODES,
			(node, count) => `${number(count)} from ${node.node} (${largest(Object.entries(node.to), MOVING_TO,
				(name, users) => `${number(users)} to ${name}`, "to").join(", ")})`, "from");
		put($("change-result"), `${number(movingUsers)} of ${number(users)} users would move, with ${movingSessions === 1 ? "1 session" : `${number(movingSessions)} sessions`}, `
			+ `${scope(failed, unanswered)}${from.length ? `: ${from.join("; ")}` : ""}.`);
	}
	catch (error) {
		put($("change-result"), error.message);
	}
}

/** What there is most of, and how much else, of pairs of something and its number. */
function largest(pairs, max, text, preposition) {
	const sorted = pairs.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
	const texts = sorted.slice(0, max).map(([thing, count]) => text(thing, count));
	const rest = sorted.slice(max);
	if (rest.length) {
		texts.push(`${number(rest.reduce((sum, [, count]) => sum + count, 0))} ${preposition} ${rest.length === 1 ? "another one" : `${rest.length} others`}`);
	}
	return texts;
}

function number(count) {
	return count.toLocaleString("en");
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
	Object.assign(view, { room, membersPage: 0 });
	announce(`Members of ${room}`);
	refresh();
}

async function showRooms() {
	const { channels, total, failed, unanswered } = await actuator.rooms({ size: MAX_ROOMS });
	if (view.roomsPage * ROOMS >= channels.length) {
		view.roomsPage = 0;
	}
	rooms.show(channels.slice(view.roomsPage * ROOMS, (view.roomsPage + 1) * ROOMS), { current: view.room });
	put($("rooms-count"), total);
	put($("rooms-scope"), scope(failed, unanswered));
	pager($("rooms-pager"), { page: view.roomsPage, size: ROOMS, total: channels.length }, (number) => {
		view.roomsPage = number;
		refresh();
	});
}

/** What is known of how complete an answer is. */
function scope(failed, unanswered) {
	const missing = Object.keys(failed).length + unanswered.length;
	return missing === 0 ? "on all nodes" : missing === 1 ? "one node did not answer" : `${missing} nodes did not answer`;
}

async function showMembers() {
	const room = view.room;
	if (room === null) {
		return;
	}
	put($("members-title"), `Members of ${room}`);
	const page = await actuator.members({ channel: room, page: view.membersPage, size: MEMBERS });
	let members;
	if (page) {
		members = page.content.map(({ user, sessions }) => [user, sessions]);
		put($("members-count"), page.total === 1 ? "1 member" : `${page.total} members`);
		pager($("members-pager"), page, (number) => {
			view.membersPage = number;
			refresh();
		});
	}
	else {
		members = await membersBySession(room);
		pager($("members-pager"), { page: 0, size: MEMBERS, total: 0 });
	}
	const hint = $("members-hint");
	hint.hidden = members.length > 0;
	put(hint, "Nobody is here.");
	const shown = JSON.stringify(members);
	if ($("members").dataset.shown !== shown) {
		const focused = $("members").contains(document.activeElement) ? document.activeElement.textContent : null;
		$("members").dataset.shown = shown;
		$("members").replaceChildren(...members.map(([user, count]) => member(user, count)));
		Array.from($("members").querySelectorAll("button")).find((button) => button.textContent === focused)?.focus();
	}
}

async function membersBySession(room) {
	const { sessions: found, totals } = await actuator.sessions({ channel: room, size: MEMBERS_BY_SESSION });
	const users = new Map();
	for (const { user } of found) {
		users.set(user, (users.get(user) ?? 0) + 1);
	}
	const total = sumOf(totals);
	put($("members-count"), total === 1 ? "1 session" : `${total} sessions`);
	return [...users].sort(([a], [b]) => (a ?? "\uffff").localeCompare(b ?? "\uffff"));
}

function sumOf(totals) {
	return Object.values(totals).reduce((sum, count) => sum + count, 0);
}

function member(user, count) {
	const item = document.createElement("li");
	if (user === null) {
		item.append("anonymous");
	}
	else {
		const button = document.createElement("button");
		button.type = "button";
		button.className = "link";
		button.textContent = user;
		button.setAttribute("aria-label", `Show sessions of ${user}`);
		button.addEventListener("click", () => {
			$("search-user").value = user;
			$("search-channel").value = "";
			$("search").requestSubmit();
		});
		item.append(button);
	}
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
		(session) => ({ text: nameOf(session.node), title: session.node, className: "nowrap" }),
		(session) => ({ text: session.id.split(".").pop().slice(0, 8), title: session.id, className: "nowrap code" }),
		(session) => ({ text: ago(session.openedAt), title: exactly(session.openedAt), className: "nowrap" }),
		(session) => ({ text: roomsOf(session), className: "rooms-cell" }),
		(session) => ({ text: session.queuedMessages ?? "–", className: "number" }),
		(session) => writable && session.user
			? { text: "Disconnect", className: "action", button: { className: "quiet-danger", label: `Disconnect ${session.user}`, action: () => confirmDisconnect(session.user) } }
			: { text: "", className: "action" }
	]
});

async function showSessions() {
	const { user, channel } = view;
	const { sessions: found, next, totals, failed, unanswered }
		= await actuator.sessions({ user, channel, after: cursors[view.sessionsPage], size: SESSIONS });
	if (view.sessionsPage > 0 && !found.length) {
		toFirstPage();
		return showSessions();
	}
	cursors[view.sessionsPage + 1] = next;
	sessions.show(found);
	const total = sumOf(totals);
	put($("sessions-count"), total);
	put($("sessions-scope"), scope(failed, unanswered));
	pager($("sessions-pager"), { page: view.sessionsPage, size: SESSIONS, total }, (number) => {
		if (cursors[number] || number === 0) {
			view.sessionsPage = number;
			refresh();
		}
	});
}

function toFirstPage() {
	view.sessionsPage = 0;
	cursors = [null];
}

function roomsOf({ channels, channelCount }) {
	const more = channelCount - channels.length;
	return channels.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function nameOf(node) {
	return cluster?.nodes.find(({ id }) => id === node)?.name ?? live.nodes.get(node)?.rates.name ?? node.slice(0, 8);
}

function confirmDisconnect(user) {
	const dialog = $("confirm");
	put($("confirm-title"), `Disconnect ${user}?`);
	put($("confirm-text"), "All sessions of this user are closed, on every node. The user can connect again.");
	put($("confirm-error"), "");
	$("confirm-yes").onclick = async () => {
		$("confirm-yes").disabled = true;
		try {
			const { sessions: closed, failed, unanswered } = await actuator.disconnectUser(user);
			dialog.close();
			announce(`${closed === 1 ? "1 session" : `${closed} sessions`} of ${user} disconnected, ${scope(failed, unanswered)}.`);
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
		[self, cluster] = await Promise.all([actuator.node(), actuator.cluster()]);
		put($("cluster"), `on ${self.name}`);
		showNodes();
		await Promise.all([showRing(), showRooms(), showMembers(), showSessions()]);
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

$("search").addEventListener("submit", (event) => {
	event.preventDefault();
	view.user = $("search-user").value.trim();
	view.channel = $("search-channel").value.trim();
	toFirstPage();
	refresh().then(() => announce(`${$("sessions-count").textContent} sessions found`));
});

$("search").addEventListener("reset", () => {
	Object.assign(view, { user: "", channel: "" });
	toFirstPage();
	refresh();
});

$("change").addEventListener("submit", (event) => {
	event.preventDefault();
	showChange();
});

$("change-kind").addEventListener("change", () => {
	$("change-weight").disabled = $("change-kind").value === "remove";
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
$("home").hidden = !$("home").getAttribute("href");
$("logout").hidden = !$("logout").getAttribute("action");

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
