/**
 * A chat on one node: its own connection, list of messages and composer.
 */

import { Connection } from "./connection.js";
import { HELP, MAX_TEXT, cleanName, decode, encode, formatLatency, hueOf, newId, parse } from "./messages.js";
import { addressOf, fetchNode } from "./nodes.js";

const MAX_MESSAGES = 500;
const MAX_QUEUED = 20;
const ECHO_TIMEOUT = 10_000;
const GROUP_WITHIN = 120_000;
const NEAR_END = 48;
const LONG_TEXT = 700;
const LONG_LINES = 12;
const SAMPLES = 100;
const CHECK_EVERY = 5_000;
const TYPING_EVERY = 2_500;
const TYPING_ENDS = 4_000;
/** Who reloads the page, or lands on another node, is back before that. */
const LEFT_AFTER = 5_000;
/** A median of less says more of chance than of the way. */
const MIN_SAMPLES = 3;

/** Most echoes are back before a "Sending…" could be read. */
const SHOW_SENDING_AFTER = 200;

/** Errors below are the client's own. */
const FIRST_OF_SERVER = 100;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const exactly = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const growsByItself = CSS.supports("field-sizing", "content");

/** What to say of a connection that is back. */
const BACK = {
	nothing: "Nothing was said meanwhile",
	missed: "This was said meanwhile:",
	incomplete: "Something that was said meanwhile may be missing",
	unknown: "The room keeps no messages, so what was said meanwhile is missing"
};

const WAITING = {
	"node down": "Node down",
	"node stopped": "Node down",
	"relay down": "Degraded"
};

const PILLS = {
	connecting: "Connecting",
	live: "Live",
	degraded: "Degraded",
	waiting: "Reconnecting",
	refused: "Refused",
	left: "Logged out",
	closed: "Closed"
};

/** Of connections that are no WebSocket. */
const LIVE = {
	http_stream: "Live over HTTP",
	polling: "Live by long polling"
};

export class Pane {

	/** Where it is: at a gateway not where it connects to. */
	#node;
	#door;
	#behindGateway;
	#user;
	#onLoss;
	#onLeft;
	#directs;
	#tones;
	#room;
	#connection;
	#ids = new Set();
	/** What moderation says of messages, the newest ones: message id -> { node, rude }. */
	#verdicts = new Map();
	/** Own messages without an echo yet, in order: id -> { element, text, state }. */
	#outbox = new Map();
	#incoming = [];
	#flushing = false;
	#unread = 0;
	#samples = [];
	#joined = false;
	/** The names of those who are in the room, on any node; null until it was told. */
	#members = null;
	/** Those of them who are not there any more, and may only be reloading: name -> timer. */
	#leaving = new Map();
	/** Who is writing: name -> when that is over. */
	#typing = new Map();
	#typingTimer = 0;
	#typingSaid = -Infinity;
	/** Whom the next message is for, or null for the room. */
	#to = null;
	#relayDown = false;
	#last = null;
	#checker = 0;
	/** Whether the newest message was in sight; measured before something changes the height. */
	#following = true;
	#resized = new ResizeObserver(() => {
		if (this.#following) {
			this.#toEnd();
		}
	});

	/**
	 * `nodes`: those that it may connect to, its own one first; `behindGateway`: whether that is a gateway; `tones`: a function from the name of a node to its colour's
	 * number, or -1; `directs`: what remembers direct messages; `onLoss`: called when a connection ends; `onLeft`: called
	 * when nobody is logged in any more.
	 */
	constructor({ nodes, behindGateway, room, user, tones, relay, linked, live, directs, onLoss, onLeft }) {
		this.#door = nodes[0];
		this.#behindGateway = behindGateway;
		this.#user = user;
		this.#onLoss = onLoss;
		this.#onLeft = onLeft;
		this.#directs = directs;
		this.#tones = tones;
		this.#room = room;
		this.relay = relay;
		const fragment = document.getElementById("pane-template").content.cloneNode(true);
		this.element = fragment.querySelector(".pane");
		const find = (selector) => this.element.querySelector(selector);
		this.ui = {
			pill: find(".pill"), notice: find(".notice"), noticeText: find(".notice-text"), retry: find(".notice-retry"),
			log: find(".log"), list: find(".log ol"), empty: find(".empty"), kept: find(".kept"), jump: find(".jump"), median: find(".pane-median"),
			form: find(".composer"), text: find("textarea"), counter: find(".counter"), error: find(".composer-error"),
			node: find(".pane-node"), address: find(".pane-address"), link: find(".pane-link"),
			members: find(".members"), membersCount: find(".members-count"), membersList: find(".members ul"),
			typing: find(".typing"), direct: find(".direct"), directTo: find(".direct b"), directEnd: find(".direct-end")
		};
		this.ui.link.hidden = !linked;
		this.#settle(nodes[0]);
		// Every pane shows every message: one of them is enough to be read out
		this.ui.log.setAttribute("aria-live", live ? "polite" : "off");
		this.ui.membersList.setAttribute("aria-label", `Who is in ${room}`);
		this.#address(null);
		this.#listen();
		this.#connection = new Connection(nodes, room, () => directs.of(room));
		this.#connection.addEventListener("state", () => this.#stateChanged());
		this.#connection.addEventListener("message", (event) => this.#received(event.detail.value, event.detail.at));
		this.#connection.addEventListener("members", (event) => this.#present(event.detail));
	}

	/** Where the pane is: it may land on another node when its own one has gone. */
	#settle(node) {
		const { node: name, address, link, log } = this.ui;
		this.#node = node;
		this.element.dataset.tone = node.tone;
		this.element.dataset.node = node.name;
		this.element.setAttribute("aria-label", `Chat on ${node.name}`);
		name.textContent = node.name;
		address.textContent = addressOf(node.base);
		link.href = node.base;
		link.title = `Open ${node.name} in a tab of its own`;
		link.setAttribute("aria-label", link.title);
		log.setAttribute("aria-label", `Messages in ${this.#room} on ${node.name}`);
	}

	/** Says behind a gateway where the sessions in the room are: [{id, node}]. */
	placed(sessions) {
		const name = sessions.find(({ id }) => id === this.#connection.client)?.node;
		if (name && name !== this.#node.name) {
			this.#settle({ ...this.#node, name, tone: this.#tones(name) });
			this.#address(this.#to);
			if (this.#joined) {
				this.#note(`You are on ${name} now`);
			}
		}
	}

	start() {
		this.#connection.start();
		this.#resized.observe(this.ui.log);
		this.#checker = setInterval(() => this.#check(), CHECK_EVERY);
	}

	stop() {
		clearInterval(this.#checker);
		clearTimeout(this.#typingTimer);
		this.#leaving.forEach((timer) => clearTimeout(timer));
		this.#leaving.clear();
		this.#connection.stop();
		this.#resized.disconnect();
	}

	focus() {
		this.ui.text.focus({ preventScroll: true });
	}

	#listen() {
		const { form, text, log, jump, retry, directEnd } = this.ui;
		form.addEventListener("submit", (event) => {
			event.preventDefault();
			this.#submit();
		});
		text.addEventListener("keydown", (event) => {
			if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
				event.preventDefault();
				this.#submit();
			}
			else if (event.key === "Escape" && this.#to) {
				this.#address(null);
			}
		});
		text.addEventListener("input", () => {
			this.#typed();
			this.#tellTyping();
		});
		directEnd.addEventListener("click", () => {
			this.#address(null);
			this.focus();
		});
		log.addEventListener("scroll", () => {
			this.#following = this.#atEnd();
			if (this.#following) {
				this.#read();
			}
		}, { passive: true });
		jump.addEventListener("click", () => this.#toEnd());
		retry.addEventListener("click", () => this.#connection.retry());
	}

	// The connection

	#stateChanged() {
		const connection = this.#connection;
		if (connection.open) {
			const moved = connection.node !== this.#door;
			this.#relayDown = false;
			if (moved) {
				this.#door = connection.node;
				this.#settle(this.#door);
				this.#address(this.#to);
			}
			// What was said before, before the note
			this.#flush();
			this.#note(this.#joined
				? `Connected to ${this.#behindGateway ? "the gateway" : this.#node.name} ${moved ? "instead" : "again"}. ${BACK[connection.outcome]}`
				: `You joined #${this.#room} through ${this.#behindGateway ? "the gateway" : this.#node.name}`);
			this.#joined = true;
			this.ui.kept.hidden = !connection.keeps;
			this.#flushOutbox();
		}
		else {
			this.#typing.clear();
			this.#leaving.forEach((timer) => clearTimeout(timer));
			this.#leaving.clear();
			this.#showMembers();
			this.#showTyping();
			if (connection.state === "waiting") {
				this.#onLoss?.();
			}
			else if (connection.state === "left") {
				this.#onLeft?.();
			}
			for (const entry of this.#outbox.values()) {
				if (entry.state === "sent") {
					this.#mark(entry, "unconfirmed");
				}
				this.#showWaiting(entry);
			}
		}
		this.#showState();
	}

	#showState() {
		const connection = this.#connection;
		const state = connection.open && this.#relayDown ? "degraded" : connection.state;
		const { pill, notice, noticeText, retry } = this.ui;
		const shown = state === "connecting" && connection.reason ? "waiting" : state;
		const live = LIVE[connection.transport] ?? PILLS.live;
		const label = shown === "waiting" ? WAITING[connection.reason] ?? PILLS[shown] : shown === "live" ? live : PILLS[shown];
		this.element.dataset.state = shown;
		// Only a change shall be read out
		if (pill.textContent !== label) {
			pill.textContent = label;
		}
		notice.hidden = state === "live" || state === "closed" || state === "left" || state === "connecting" && !connection.reason;
		retry.hidden = state !== "waiting" && state !== "refused";
		switch (state) {
			case "degraded":
				noticeText.textContent = `${this.#node.name} does not reach the relay${this.relay ? ` (${this.relay})` : ""}: `
					+ "what is said here cannot be recorded until it is back.";
				break;
			case "waiting":
				noticeText.textContent = `${this.#lossText()} Trying again…`;
				break;
			case "connecting":
				noticeText.textContent = connection.reason ? `${this.#lossText()} Trying again…` : "";
				break;
			case "refused":
				noticeText.textContent = `${connection.reason}.`;
				break;
		}
	}

	#lossText() {
		switch (this.#connection.reason) {
			case "node down":
				return `${this.#node.name} does not answer.`;
			case "node stopped":
				return `${this.#node.name} has stopped.`;
			case "too slow":
				return "This page could not keep up and was disconnected.";
			case "moved":
				return "Another node serves you now.";
			case "websocket passes":
				return "The connection changes over to a WebSocket.";
			case "relay down":
				return `${this.#node.name} does not reach the relay${this.relay ? ` (${this.relay})` : ""}.`;
			default:
				return `The connection to ${this.#node.name} was lost.`;
		}
	}

	/** Whether the node reaches its relay is not told over the socket after the start. */
	async #check() {
		for (const entry of this.#outbox.values()) {
			if (entry.state === "sent" && performance.now() - entry.at > ECHO_TIMEOUT) {
				this.#connection.suspect("no echo");
				return;
			}
		}
		if (!this.#connection.open || document.visibilityState !== "visible") {
			return;
		}
		try {
			const { relayState } = await fetchNode(this.#node.base);
			this.#relayDown = relayState === "down";
			if (this.#connection.open) {
				this.#showState();
			}
		}
		catch {
			// The socket tells about the node itself
		}
	}

	// Sending

	#typed() {
		const { text, counter, error } = this.ui;
		const left = MAX_TEXT - text.value.length;
		counter.textContent = left <= 400 ? `${left} characters left` : "";
		error.textContent = "";
		if (!growsByItself) {
			text.style.height = "auto";
			text.style.height = `${text.scrollHeight}px`;
		}
	}

	#submit() {
		const { text, error } = this.ui;
		const written = parse(text.value);
		if (written.error) {
			error.textContent = written.error;
			return;
		}
		if (written.help || written.address) {
			text.value = "";
			this.#typed();
			if (written.help) {
				this.#note(HELP);
				this.#toEnd();
			}
			else {
				this.#address(written.address);
			}
			return;
		}
		const value = written.text.trim().slice(0, MAX_TEXT);
		if (!value) {
			return;
		}
		if (!this.#connection.open && this.#outbox.size >= MAX_QUEUED) {
			error.textContent = `${MAX_QUEUED} messages are waiting already. This one stays here until ${this.#node.name} is back.`;
			return;
		}
		const to = written.to ?? this.#to;
		const entry = { id: newId(), author: this.#user, to, text: value, state: "queued", at: 0, element: null };
		this.#outbox.set(entry.id, entry);
		this.#transmit(entry);
		text.value = "";
		this.#typingSaid = -Infinity;
		this.#typed();
		if (entry.state === "sent") {
			setTimeout(() => this.#showWaiting(entry), SHOW_SENDING_AFTER);
		}
		else {
			this.#showWaiting(entry);
		}
	}

	#showWaiting(entry) {
		if (entry.element || this.#outbox.get(entry.id) !== entry) {
			return;
		}
		const { id, author, to, text } = entry;
		entry.element = this.#render({ id, author, to, text, node: this.#node.name, sentAt: Date.now(), latency: null }, true);
		this.#mark(entry, entry.state);
		this.#append(entry.element);
		this.#toEnd();
	}

	#transmit(entry) {
		if (!this.#connection.open) {
			this.#mark(entry, "queued");
			return;
		}
		const { id, to, text } = entry;
		entry.at = performance.now();
		this.#mark(entry, "sent");
		this.#connection.say(encode({ id, to, text })).catch((error) => this.#failed(entry, error));
	}

	#failed(entry, error) {
		if (this.#outbox.get(entry.id) !== entry) {
			return;
		}
		if (error.code >= FIRST_OF_SERVER && !error.temporary) {
			this.#refused(entry, error.message);
		}
		else {
			this.#mark(entry, "unconfirmed");
			this.#showWaiting(entry);
		}
	}

	#flushOutbox() {
		for (const entry of this.#outbox.values()) {
			if (entry.state === "queued") {
				this.#transmit(entry);
			}
		}
	}

	#mark(entry, state) {
		entry.state = state;
		if (!entry.element) {
			return;
		}
		entry.element.dataset.sending = state;
		const route = entry.element.querySelector(".route");
		route.replaceChildren();
		if (state === "sent") {
			route.textContent = "Sending…";
			return;
		}
		if (state === "queued") {
			route.textContent = `Waiting for ${this.#node.name}`;
			return;
		}
		// Sent, and the connection was lost before the echo: only a person can say whether twice is better than never
		route.append("May not have arrived ", action("Send again", () => this.#transmit(entry)), " ",
				action("Discard", () => {
					this.#outbox.delete(entry.id);
					entry.element.remove();
					this.#showEmpty();
				}));
	}

	#refused(entry, reason) {
		this.ui.error.textContent = `Refused: ${reason}.`;
		this.#outbox.delete(entry.id);
		entry.element?.remove();
		this.#showEmpty();
		this.ui.text.value ||= entry.to ? `/msg ${entry.to} ${entry.text}` : entry.text;
	}

	/** Chooses whom the next messages are for. */
	#address(user) {
		const { text, direct, directTo } = this.ui;
		this.#to = user;
		direct.hidden = user === null;
		directTo.textContent = user ?? "";
		text.placeholder = user ? `Message ${user}` : `Message #${this.#room}`;
		text.setAttribute("aria-label", `${user ? `Direct message to ${user}` : `Message to ${this.#room}`} through ${this.#node.name}`);
	}

	// Who is here

	#tellTyping() {
		const { text } = this.ui;
		if (this.#to || !text.value.trim() || text.value.startsWith("/")) {
			return;
		}
		if (this.#connection.open && performance.now() - this.#typingSaid > TYPING_EVERY) {
			this.#typingSaid = performance.now();
			this.#connection.tellTyping();
		}
	}

	#showTyping() {
		clearTimeout(this.#typingTimer);
		const now = performance.now();
		let next = Infinity;
		for (const [author, end] of this.#typing) {
			if (end <= now || author === this.#user) {
				this.#typing.delete(author);
			}
			else {
				next = Math.min(next, end - now);
			}
		}
		const authors = [...this.#typing.keys()];
		const text = authors.length > 2 ? `${authors.length} people are writing…`
			: authors.length ? `${authors.join(" and ")} ${authors.length > 1 ? "are" : "is"} writing…` : "";
		if (this.ui.typing.textContent !== text) {
			this.ui.typing.textContent = text;
		}
		if (next < Infinity) {
			this.#typingTimer = setTimeout(() => this.#showTyping(), next + 20);
		}
	}

	/** Who is there. Nobody has come the first time; nobody has left who is back soon. */
	#present(users) {
		const present = new Set([...users].map((user) => cleanName(user)).filter((user) => user));
		const first = this.#members === null;
		this.#members ??= new Set();
		for (const user of present) {
			clearTimeout(this.#leaving.get(user));
			this.#leaving.delete(user);
			if (!this.#members.has(user)) {
				this.#members.add(user);
				if (!first && user !== this.#user) {
					this.#note(`${user} is here now`);
				}
			}
		}
		for (const user of this.#members) {
			if (!present.has(user) && !this.#leaving.has(user)) {
				this.#leaving.set(user, setTimeout(() => {
					this.#leaving.delete(user);
					this.#members.delete(user);
					this.#note(`${user} has left`);
					this.#showMembers();
				}, LEFT_AFTER));
			}
		}
		this.#showMembers();
	}

	#showMembers() {
		const { members, membersCount, membersList } = this.ui;
		members.hidden = this.#members === null || !this.#connection.open;
		if (members.hidden) {
			return;
		}
		const names = [...this.#members].sort((a, b) => a.localeCompare(b));
		membersCount.textContent = `${names.length} here`;
		const known = new Map(Array.from(membersList.children, (item) => [item.dataset.user, item]));
		names.forEach((user, index) => {
			const item = known.get(user) ?? this.#member(user);
			known.delete(user);
			if (membersList.children[index] !== item) {
				membersList.insertBefore(item, membersList.children[index] ?? null);
			}
		});
		known.forEach((item) => item.remove());
	}

	#member(user) {
		const item = document.createElement("li");
		item.dataset.user = user;
		const own = user === this.#user;
		const name = document.createElement(own ? "span" : "button");
		name.className = "member";
		const avatar = document.createElement("span");
		avatar.className = "member-initial";
		avatar.dataset.hue = hueOf(user);
		avatar.textContent = initial(user);
		avatar.setAttribute("aria-hidden", "true");
		const text = document.createElement("bdi");
		text.textContent = own ? `${user} (you)` : user;
		name.append(avatar, text);
		if (!own) {
			name.type = "button";
			name.title = `Write to ${user} directly`;
			name.addEventListener("click", () => {
				this.#address(user);
				this.focus();
			});
		}
		item.append(name);
		return item;
	}

	// Receiving

	#received(value, at) {
		const message = decode(value, at);
		if (message.kind === "typing") {
			this.#typing.set(message.author, performance.now() + TYPING_ENDS);
			this.#showTyping();
			return;
		}
		if (message.kind === "verdict") {
			this.#judged(message);
			return;
		}
		this.#typing.delete(message.author);
		if (message.to && at !== null) {
			this.#directs.add(this.#room, value);
		}
		this.#incoming.push(message);
		if (this.#incoming.length > MAX_MESSAGES) {
			this.#incoming.shift();
		}
		if (!this.#flushing) {
			this.#flushing = true;
			// A hidden page gets no animation frames
			if (document.visibilityState === "visible") {
				requestAnimationFrame(() => this.#flush());
			}
			else {
				setTimeout(() => this.#flush(), 100);
			}
		}
	}

	/** It may come before its message, which waits for a frame. */
	#judged({ id, node, rude }) {
		if (id === null) {
			return;
		}
		this.#verdicts.delete(id);
		this.#verdicts.set(id, { node, rude });
		if (this.#verdicts.size > MAX_MESSAGES) {
			this.#verdicts.delete(this.#verdicts.keys().next().value);
		}
		const element = this.ui.list.querySelector(`[data-id="${CSS.escape(id)}"]:not([data-sending])`);
		if (element) {
			this.#showVerdict(element, id);
		}
	}

	/** Which node of the group has looked at it. */
	#showVerdict(element, id) {
		const verdict = this.#verdicts.get(id);
		if (!verdict) {
			return;
		}
		element.classList.toggle("rude", verdict.rude);
		const route = element.querySelector(".route");
		route.querySelector(".verdict")?.remove();
		const mark = document.createElement("span");
		mark.className = "verdict";
		mark.title = `Moderation: ${verdict.node} has looked at this, for all nodes`;
		mark.textContent = `${verdict.rude ? "⚑ Rude, says" : "✓"} ${verdict.node}`;
		route.append(mark);
	}

	#flush() {
		this.#flushing = false;
		let follow = this.#atEnd();
		let added = 0;
		for (const message of this.#incoming.splice(0)) {
			// At least once, for a relay that promises no more
			if (message.id && this.#ids.has(message.id)) {
				continue;
			}
			const entry = message.id && this.#outbox.get(message.id);
			let element;
			if (entry) {
				this.#outbox.delete(message.id);
				entry.element?.remove();
				follow = true;
			}
			else {
				added++;
			}
			// Also what the same person has said elsewhere
			const own = message.author === this.#user;
			element = this.#render(message, own);
			this.#group(element, message, own);
			if (message.id) {
				this.#ids.add(message.id);
				this.#showVerdict(element, message.id);
			}
			this.#append(element);
			if (message.latency !== null) {
				this.#samples.push(message.latency);
			}
		}
		this.#samples.splice(0, this.#samples.length - SAMPLES);
		this.#prune();
		this.#showMedian();
		this.#showTyping();
		if (follow) {
			this.#toEnd();
		}
		else if (added) {
			this.#unread += added;
			this.ui.jump.hidden = false;
			this.ui.jump.textContent = this.#unread === 1 ? "1 new message" : `${this.#unread} new messages`;
		}
	}

	#render(message, own) {
		const element = document.getElementById("message-template").content.firstElementChild.cloneNode(true);
		const find = (selector) => element.querySelector(selector);
		const tone = this.#tones(message.node);
		element.classList.toggle("own", own);
		element.classList.toggle("direct-message", Boolean(message.to));
		if (tone >= 0) {
			element.dataset.tone = tone;
		}
		if (message.id) {
			element.dataset.id = message.id;
		}
		find(".avatar").dataset.hue = hueOf(message.author);
		find(".avatar").textContent = initial(message.author);
		find(".author").textContent = own ? `${message.author} (you)` : message.author;
		if (message.to) {
			find(".whom").hidden = false;
			find(".whom").textContent = own ? `Direct to ${message.to}` : "Direct to you";
		}
		const time = find("time");
		const at = new Date(message.sentAt ?? Date.now());
		time.dateTime = at.toISOString();
		time.textContent = clock.format(at);
		time.title = exactly.format(at);
		const text = find(".text");
		text.textContent = message.text;
		if (message.text.length > LONG_TEXT || message.text.split("\n", LONG_LINES + 1).length > LONG_LINES) {
			const more = find(".more");
			text.classList.add("clamped");
			more.hidden = false;
			more.addEventListener("click", () => {
				more.textContent = text.classList.toggle("clamped") ? "Show all" : "Show less";
			});
		}
		this.#route(find(".route"), message);
		return element;
	}

	/** "node-a → node-b 1.4 ms": what the demo is about. */
	#route(route, message) {
		const here = this.#node.name;
		if (message.node) {
			route.append(hidden("sent through "), chip(message.node, this.#tones(message.node)));
		}
		if (message.node && message.node !== here) {
			const arrow = document.createElement("span");
			arrow.className = "arrow";
			arrow.textContent = "→";
			arrow.setAttribute("aria-hidden", "true");
			route.append(arrow);
		}
		if (message.node !== here) {
			route.append(hidden(" arrived on "), chip(here, this.#tones(here)));
		}
		if (message.latency !== null) {
			const latency = document.createElement("span");
			latency.className = "latency";
			latency.textContent = formatLatency(message.latency);
			route.append(" ", latency);
		}
	}

	#group(element, message, own) {
		const last = this.#last;
		const at = message.sentAt ?? Date.now();
		element.classList.toggle("continued", last !== null && last.author === message.author && last.own === own
				&& last.to === message.to && last.node === message.node && at - last.at < GROUP_WITHIN);
		this.#last = { author: message.author, own, to: message.to, node: message.node, at };
	}

	#note(text) {
		const note = document.createElement("li");
		note.className = "note";
		note.textContent = text;
		const follow = this.#atEnd();
		this.#last = null;
		this.#append(note);
		this.#prune();
		if (follow) {
			this.#toEnd();
		}
	}

	/** Messages without an echo stay below what has arrived. */
	#append(element) {
		const { list } = this.ui;
		const waiting = element.dataset.sending ? null : list.querySelector("[data-sending]");
		list.insertBefore(element, waiting);
		this.#showEmpty();
	}

	#showEmpty() {
		this.ui.empty.hidden = this.ui.list.querySelector(".message") !== null;
	}

	#prune() {
		const { list } = this.ui;
		while (list.childElementCount > MAX_MESSAGES) {
			const oldest = list.firstElementChild;
			if (oldest.dataset.sending) {
				break;
			}
			this.#ids.delete(oldest.dataset.id);
			oldest.remove();
		}
	}

	#showMedian() {
		if (this.#samples.length >= MIN_SAMPLES) {
			const sorted = this.#samples.toSorted((a, b) => a - b);
			this.ui.median.textContent = `median ${formatLatency(sorted[sorted.length >> 1])}`;
		}
	}

	#atEnd() {
		const { log } = this.ui;
		return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
	}

	#toEnd() {
		this.ui.log.scrollTop = this.ui.log.scrollHeight;
		this.#following = true;
		this.#read();
	}

	#read() {
		this.#unread = 0;
		this.ui.jump.hidden = true;
	}

}

function initial(name) {
	return (Array.from(name).find((character) => /[\p{L}\p{N}]/u.test(character)) ?? "?").toLocaleUpperCase();
}

function chip(name, tone) {
	const element = document.createElement("span");
	element.className = "chip";
	if (tone >= 0) {
		element.dataset.tone = tone;
	}
	const text = document.createElement("bdi");
	text.textContent = name;
	element.append(text);
	return element;
}

function hidden(text) {
	const element = document.createElement("span");
	element.className = "visually-hidden";
	element.textContent = text;
	return element;
}

function action(label, onClick) {
	const button = document.createElement("button");
	button.type = "button";
	button.className = "action";
	button.textContent = label;
	button.addEventListener("click", onClick);
	return button;
}
