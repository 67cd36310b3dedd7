/**
 * What this page says, and what it makes of what it hears.
 *
 * Other clients may send anything: so everything that comes in is checked here, and from here on is shown as text only.
 */

import { now } from "./sockets.js";

export const MAX_TEXT = 4_000;
const MAX_SHOWN = 20_000;
const MAX_AUTHOR = 32;
const MAX_NODE = 40;
const DAY = 86_400_000;

/** Control characters, and those that reorder the text around them. */
const UNSAFE_IN_NAMES = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu;
/** More than three combining marks on one character is not writing. */
const PILED_MARKS = /(\p{M}{3})\p{M}+/gu;

/** When this page handed a message to a socket, by message id: finer than the wall clock, which counts milliseconds. */
const sentHere = new Map();

export function newId() {
	return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `to`: the user that it is for, or nothing for everybody in the room. The server says who has sent it. */
export function encode({ id, to, text }) {
	sentHere.set(id, now());
	if (sentHere.size > 1_000) {
		sentHere.delete(sentHere.keys().next().value);
	}
	const sentAt = Math.round(now());
	return to ? { type: "direct", id, to, text, sentAt } : { type: "chat", id, text, sentAt };
}

/** `kind`: `said` for what belongs into the log, `typing` and `verdict` for what does not. `arrived`: null for what is not new. */
export function decode(value, arrived) {
	switch (value?.type) {
		case "chat":
		case "direct":
			return typeof value.text === "string" ? said(value, arrived) : foreign(value);
		case "typing":
			return { kind: "typing", author: cleanName(value.author) };
		case "verdict":
			return { kind: "verdict", id: cleanId(value.id), node: cleanName(value.node, MAX_NODE), rude: value.rude === true };
		default:
			return foreign(value);
	}
}

function cleanId(id) {
	return typeof id === "string" && id.length <= 64 ? id : null;
}

function said(value, arrived) {
	const id = cleanId(value.id);
	return {
		kind: "said",
		id,
		author: cleanName(value.author) || "Somebody",
		to: value.type === "direct" ? cleanName(value.to) || "somebody" : null,
		text: cleanText(value.text),
		node: cleanName(value.node, MAX_NODE),
		sentAt: Number.isFinite(value.sentAt) && Math.abs(value.sentAt) < 8.64e15 ? value.sentAt : null,
		latency: latencyOf(id, value.sentAt, arrived)
	};
}

/** From the hand-over to the sender's socket until now; between two machines it also holds their clocks' difference. */
function latencyOf(id, sentAt, arrived) {
	if (arrived === null) {
		return null;
	}
	if (id !== null && sentHere.has(id)) {
		return Math.max(0, arrived - sentHere.get(id));
	}
	const latency = Math.round(arrived) - sentAt;
	return Number.isFinite(latency) && Math.abs(latency) < DAY ? Math.max(0, latency) : null;
}

function foreign(value) {
	const text = typeof value === "string" ? value : JSON.stringify(value);
	return { kind: "said", id: null, author: "Another client", to: null, text: cleanText(text), node: "", sentAt: null, latency: null };
}

function cleanText(text) {
	const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)} …` : text;
	return cut.replace(PILED_MARKS, "$1");
}

export function cleanName(value, limit = MAX_AUTHOR) {
	if (typeof value !== "string") {
		return "";
	}
	// Cut before cleaning, so that a name of megabytes costs nothing
	const name = value.slice(0, 4 * limit).replace(UNSAFE_IN_NAMES, "").replace(PILED_MARKS, "$1").replace(/\s+/g, " ").trim();
	return Array.from(name).slice(0, limit).join("");
}

/** A room is the last part of a channel's name, "chat/lobby": letters, digits, dot, dash and underscore. */
export function cleanRoom(value) {
	return cleanName(value, 40).normalize("NFC").toLowerCase().replace(/^#/, "").replace(/\s+/g, "-")
		.replace(/[^\p{L}\p{N}._-]/gu, "").replace(/^[._-]+/, "");
}

export function formatLatency(ms) {
	if (ms === null) {
		return "";
	}
	if (ms < 0.05) {
		return "< 0.1 ms";
	}
	if (ms < 9.95) {
		return `${Number.isInteger(ms) ? ms || "< 1" : ms.toFixed(1)} ms`;
	}
	return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** People's colours; nodes have others. */
const HUES = 8;

/** The same person has the same colour on every page. */
export function hueOf(name) {
	let hash = 1;
	for (const character of name.toLowerCase()) {
		hash = (hash * 31 + character.codePointAt(0)) >>> 0;
	}
	return (hash ^ hash >>> 13) % HUES;
}

/**
 * What was written: `{ text }`, `{ text, to }`, or a command that says nothing: `{ help }`, `{ address: user }`,
 * `{ error }`. What begins with two slashes is said with one: "//help" is "/help".
 */
export function parse(input) {
	const text = input.trim();
	const [, command, rest] = /^\/([a-z]+)(?:\s+([^]*))?$/i.exec(text) ?? [];
	if (!command) {
		return { text: text.startsWith("//") ? text.slice(1) : text };
	}
	switch (command.toLowerCase()) {
		case "help":
			return { help: true };
		case "msg": {
			const [, to, words] = /^(\S+)(?:\s+([^]+))?$/.exec(rest?.trim() ?? "") ?? [];
			return to ? words ? { text: words, to } : { address: to } : { error: "To whom? For example: /msg bob hello" };
		}
		default:
			return { error: `There is no command /${command}; /help lists them. To say it as it stands, begin with two slashes.` };
	}
}

export const HELP = "/msg bob hello writes to bob alone, on whichever node. /msg bob keeps writing to bob. //word says /word.";
