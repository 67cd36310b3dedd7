/**
 * Behind a gateway: which node the ring gives each user to, and on which one those in the room are. An operator starts and
 * stops nodes here and sees who moves.
 */

import { csrf } from "./nodes.js";

const REFRESH = 1_000;
const TIMEOUT = 4_000;
const COMMANDS = { running: ["stop", "Stop"], stopped: ["start", "Start"] };

const $ = (id) => document.getElementById(id);

export class Placement {

	#room;
	#operator;
	#onSessions;
	#timer = 0;
	#refreshing = false;
	#stopped = false;
	#owners = null;

	/**
	 * `operator`: whether there are buttons; `onSessions`: called with [{id, user, node}] of those in the room, again and
	 * again.
	 */
	constructor({ room, operator, onSessions }) {
		this.#room = room;
		this.#operator = operator;
		this.#onSessions = onSessions;
	}

	start() {
		$("placement").hidden = false;
		$("placement-news").textContent = "";
		$("placement-nodes").replaceChildren();
		this.#refresh();
		this.#timer = setInterval(() => {
			if (document.visibilityState === "visible") {
				this.#refresh();
			}
		}, REFRESH);
	}

	stop() {
		this.#stopped = true;
		clearInterval(this.#timer);
		$("placement").hidden = true;
	}

	async #refresh() {
		if (this.#refreshing) {
			return;
		}
		this.#refreshing = true;
		try {
			const response = await fetch(`api/placement?room=${encodeURIComponent(this.#room)}`,
					{ cache: "no-store", signal: AbortSignal.timeout(TIMEOUT) });
			if (response.ok && !this.#stopped) {
				const { ring, nodes, owners, sessions } = await response.json();
				this.#tellMoves(ring, owners);
				this.#show(ring, nodes, owners, sessions);
				this.#onSessions(sessions);
			}
		}
		catch {
			// The pane shows it when the node is down
		}
		finally {
			this.#refreshing = false;
		}
	}

	/** What a new ring changes, which the users follow a moment later. */
	#tellMoves(ring, owners) {
		const moves = new Map();
		for (const [user, owner] of Object.entries(owners)) {
			const before = this.#owners?.[user];
			if (before && before !== owner) {
				moves.set(owner, [...moves.get(owner) ?? [], user]);
			}
		}
		this.#owners = owners;
		if (moves.size) {
			put($("placement-news"), `Ring ${ring}: ${Array.from(moves, ([node, users]) => `${list(users)} to ${node}`).join(", ")}`);
		}
	}

	#show(ring, nodes, owners, sessions) {
		put($("placement-ring"), ring ?? "none yet");
		const rows = $("placement-nodes");
		const known = new Map(Array.from(rows.children, (item) => [item.dataset.node, item]));
		nodes.forEach(({ name, state }, index) => {
			const item = known.get(name) ?? this.#node(name, index);
			known.delete(name);
			if (rows.children[index] !== item) {
				rows.insertBefore(item, rows.children[index] ?? null);
			}
			item.dataset.state = state;
			put(item.querySelector(".placement-state"), state === "running" ? "" : state);
			const button = item.querySelector("button");
			const [command, label] = COMMANDS[state] ?? [];
			button.hidden = !this.#operator || !command;
			button.dataset.command = command ?? "";
			put(button, label ?? "");
			button.setAttribute("aria-label", `${label} ${name}`);
			this.#showUsers(item.querySelector("ul"), name, owners, sessions);
		});
		known.forEach((item) => item.remove());
	}

	/** Those who are on the node, and those of the others whom the ring gives to it. */
	#showUsers(element, node, owners, sessions) {
		const users = new Map();
		for (const [user, owner] of Object.entries(owners)) {
			const places = sessions.filter((session) => session.user === user).map((session) => session.node);
			if (places.includes(node)) {
				users.set(user, owner === node ? "here" : "moving");
			}
			else if (owner === node && !places.length) {
				users.set(user, "away");
			}
		}
		const known = new Map(Array.from(element.children, (item) => [item.dataset.user, item]));
		[...users].forEach(([user, state], index) => {
			const item = known.get(user) ?? document.createElement("li");
			known.delete(user);
			item.dataset.user = user;
			item.dataset.state = state;
			put(item, state === "moving" ? `${user} → ${owners[user]}` : user);
			item.title = state === "away" ? `${user} is not in the room; ${node} would serve them` : `${user} is on ${node}`;
			if (element.children[index] !== item) {
				element.insertBefore(item, element.children[index] ?? null);
			}
		});
		known.forEach((item) => item.remove());
	}

	#node(name, index) {
		const item = $("placement-template").content.firstElementChild.cloneNode(true);
		item.dataset.node = name;
		item.dataset.tone = index % 6;
		item.querySelector("b").textContent = name;
		item.querySelector("ul").setAttribute("aria-label", `Users of ${name}`);
		const button = item.querySelector("button");
		button.addEventListener("click", () => this.#command(name, button.dataset.command));
		return item;
	}

	async #command(node, command) {
		try {
			const response = await fetch(`api/operator/nodes/${encodeURIComponent(node)}/${command}`, {
				method: "POST", headers: { "X-XSRF-TOKEN": csrf() }, signal: AbortSignal.timeout(TIMEOUT)
			});
			put($("placement-news"), response.ok ? `${node} is asked to ${command}` : `${node} is busy with another command`);
		}
		catch {
			put($("placement-news"), "No node answers");
		}
		await this.#refresh();
	}

}

function list(names) {
	return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0];
}

function put(element, text) {
	if (element.textContent !== text) {
		element.textContent = text;
	}
}
