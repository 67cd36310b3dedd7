/**
 * The operator's page: the nodes, and buttons that stop them and start them again. When the node that has served it stops,
 * it goes on with another one, on which the log-in holds too.
 */

import { csrf } from "./nodes.js";

const REFRESH = 1_000;
const TIMEOUT = 4_000;
const DONE = { start: "starts", stop: "stops", kill: "is killed" };

const $ = (id) => document.getElementById(id);

let known = [];
let refreshing = false;

async function refresh() {
	if (refreshing) {
		return;
	}
	refreshing = true;
	try {
		const response = await fetch("/api/operator", { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT) });
		if (response.status === 401) {
			location.assign("/login?elsewhere");
			return;
		}
		if (!response.ok) {
			problem(`The node answered with status ${response.status}.`);
			return;
		}
		show(await response.json());
		problem("");
	}
	catch {
		problem("The node that has served this page does not answer. Looking for another one…");
		await moveOn();
	}
	finally {
		refreshing = false;
	}
}

/** To the first of the others that answers. */
async function moveOn() {
	const others = known.map((node) => sameHost(node.url)).filter((url) => url && new URL(url).origin !== location.origin);
	for (const url of others) {
		try {
			await fetch(new URL("/api/node", url), { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT) });
			location.replace(new URL("/operator", url));
			return;
		}
		catch {
			// The next one
		}
	}
}

/** The log-in is kept for the name of the host that the page came by. */
function sameHost(url) {
	if (!url) {
		return "";
	}
	const target = new URL(url);
	const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);
	if (loopback.has(target.hostname) && loopback.has(location.hostname)) {
		target.hostname = location.hostname;
	}
	return target.href;
}

function show({ node: here, supervised, nodes }) {
	known = nodes;
	$("here").textContent = here;
	$("hint").hidden = supervised;
	const items = new Map(Array.from($("nodes").children, (item) => [item.dataset.node, item]));
	nodes.forEach((node, index) => {
		const item = items.get(node.name) ?? create(node.name);
		items.delete(node.name);
		fill(item, node, index, supervised);
		if ($("nodes").children[index] !== item) {
			$("nodes").insertBefore(item, $("nodes").children[index] ?? null);
		}
	});
	items.forEach((item) => item.remove());
}

function create(name) {
	const item = $("node-template").content.firstElementChild.cloneNode(true);
	item.dataset.node = name;
	item.querySelector("a").textContent = name;
	for (const button of item.querySelectorAll("button")) {
		button.setAttribute("aria-label", `${button.textContent} ${name}`);
		button.addEventListener("click", () => command(name, button.dataset.command));
	}
	return item;
}

function fill(item, { url, state, pid, sessions, startedAt }, index, supervised) {
	item.dataset.tone = index % 6;
	const link = item.querySelector("a");
	const running = state === "running";
	if (running) {
		link.href = sameHost(url) || "/";
	}
	else {
		link.removeAttribute("href");
	}
	const pill = item.querySelector(".pill");
	pill.dataset.state = state;
	put(pill, state);
	put(item.querySelector("p"), [
		url && new URL(url).host,
		pid && `process ${pid}`,
		running && Number.isInteger(sessions) && (sessions === 1 ? "1 session" : `${sessions} sessions`),
		running && startedAt && `since ${new Date(startedAt).toLocaleTimeString()}`
	].filter((each) => each).join(" · "));
	item.querySelector(".node-actions").hidden = !supervised;
	const possible = { start: state === "stopped", stop: running || state === "starting", kill: state !== "stopped" };
	for (const button of item.querySelectorAll("button")) {
		button.disabled = !possible[button.dataset.command];
	}
}

async function command(node, name) {
	try {
		const response = await fetch(`/api/operator/nodes/${encodeURIComponent(node)}/${name}`, {
			method: "POST", headers: { "X-XSRF-TOKEN": csrf() }, signal: AbortSignal.timeout(TIMEOUT)
		});
		put($("announce"), response.ok ? `${node} ${DONE[name]}` : "");
		problem(response.ok ? "" : response.status === 409 ? `${node} is busy with another command.`
			: `${node} could not be told: status ${response.status}.`);
	}
	catch {
		problem("The node does not answer.");
	}
	await refresh();
}

function problem(text) {
	put($("problem"), text);
	$("problem").hidden = !text;
}

function put(element, text) {
	if (element.textContent !== text) {
		element.textContent = text;
	}
}

for (const form of document.querySelectorAll(".logout")) {
	form.addEventListener("submit", () => {
		form.elements._csrf.value = csrf();
	});
}

setInterval(() => {
	if (document.visibilityState === "visible") {
		refresh();
	}
}, REFRESH);
refresh();
