/**
 * One room on one node: what was said before, what is said now, who is there and who is writing.
 *
 * The library's client keeps the connection alive and holds the room's position. When it is back, on the same node or on
 * another one, it gets what was said meanwhile.
 */

import { Client, Code } from "../atmosphere/client.js";
import { Moderation } from "./moderation.js";
import { doorUrl } from "./nodes.js";
import { Socket, arrivedAt } from "./sockets.js";

/** As many as the rooms keep. */
const HISTORY = 200;
const RETRY_HISTORY = 1_000;
const RETRY_PRESENCE = 2_000;

const SHUTDOWN = 3001;
const SLOW = 3008;
const LOGGED_OUT = 3503;
const MOVED = 4101;
/** From HTTP back to a WebSocket. */
const WEBSOCKET_PASSES = 5;
/** Below are the client's own codes. */
const FIRST_OF_SERVER = 100;
const NOT_AVAILABLE = 108;

function lossOf(code) {
	switch (code) {
		case SHUTDOWN:
			return "node stopped";
		case SLOW:
			return "too slow";
		case MOVED:
			return "moved";
		case WEBSOCKET_PASSES:
			return "websocket passes";
		default:
			return "connection lost";
	}
}

/**
 * Fires "state" after every change of `state`, "message" (detail: what was published, and when it arrived, or null if it
 * is not new) and "members" (detail: the names of those who are in the room).
 *
 * States: `connecting`, `live`, `waiting` (for another attempt), `refused` (final until `retry()`), `left` (nobody is
 * logged in any more), `closed`.
 */
export class Connection extends EventTarget {

	#nodes;
	#room;
	#directs;
	#client;
	#chat = null;
	#typing = null;
	#moderation;
	/** Whether what comes was said while this page was not there to hear it. */
	#replaying = false;
	/** What came live while older messages are fetched. */
	#held = null;
	/** Everybody's sessions: client id -> user; null until it was answered who is there. */
	#sessions = null;
	/** Who has come and gone before that: [client id, user or null]. */
	#changes = [];
	#presenceTimer = 0;
	#restarting = false;
	#timer = 0;

	/**
	 * `nodes`: those that it may connect to, the first one first; `directs`: the direct messages that this page has had,
	 * oldest first: they are in no room's log.
	 */
	constructor(nodes, room, directs) {
		super();
		this.#nodes = nodes;
		this.#room = room;
		this.#directs = directs;
		this.state = "closed";
		this.reason = "";
		/** The id of its session. */
		this.client = "";
		/** How it is connected: `websocket`, or `http_stream` or `polling` where no WebSocket passes. */
		this.transport = "";
		/** What the last subscription brought of what was said meanwhile: `nothing`, `missed`, `incomplete`, or `unknown` in a room that keeps nothing. */
		this.outcome = "nothing";
		/** Whether the room keeps its messages, as far as is known. */
		this.keeps = false;
		this.#client = new Client(nodes.map((node) => doorUrl(node.base)), { websocket: Socket, maxReconnectDelay: 10_000 });
		this.#moderation = new Moderation(this.#client, this.#channel("moderation"), (data) => this.#tell(data, null));
		this.#client.on("connecting", ({ code }) => this.#become(code ? "waiting" : "connecting", code ? lossOf(code) : this.reason));
		this.#client.on("error", ({ type }) => {
			if (type === "transport" && this.state !== "live") {
				this.#become("waiting", this.reason === "node stopped" ? this.reason : "node down");
			}
		});
		this.#client.on("connected", ({ client, transport }) => {
			this.client = client;
			this.transport = transport;
			this.#enter();
		});
		this.#client.on("disconnected", ({ code, reason }) => {
			if (!this.#restarting) {
				this.#become(code === LOGGED_OUT || code === Code.UNAUTHORIZED ? "left" : "refused", reason);
			}
		});
		this.#client.on("message", ({ data }) => this.#tell(data, arrivedAt()));
	}

	/** The node that it is connected to, or tries to be. */
	get node() {
		return this.#nodes.find((node) => doorUrl(node.base) === this.#client.url);
	}

	get open() {
		return this.state === "live";
	}

	start() {
		this.#client.connect();
	}

	stop() {
		this.#restart(() => this.#client.disconnect());
		clearTimeout(this.#timer);
		clearTimeout(this.#presenceTimer);
		this.#moderation.stop();
		this.#become("closed", "");
	}

	/** Does not wait for the end of the backoff. */
	retry() {
		this.#restart(() => this.#client.disconnect());
		if (this.#chat?.state === "unsubscribed") {
			this.#client.removeSubscription(this.#chat);
			this.#chat = null;
		}
		this.#client.connect();
	}

	/** For a connection that pretends to live: an echo that is overdue, for example. */
	suspect(reason) {
		if (this.open) {
			this.#become("waiting", reason);
			this.retry();
		}
	}

	/** Resolved when the node has taken it; only its echo tells that everybody can read it. */
	say(message) {
		return this.#client.publish(this.#channel("chat"), message);
	}

	/** Worth no retry. */
	tellTyping() {
		this.#client.publish(this.#channel("typing"), { type: "typing" }).catch(() => {});
	}

	#channel(kind) {
		return `${kind}/${this.#room}`;
	}

	#restart(end) {
		this.#restarting = true;
		end();
		this.#restarting = false;
	}

	/** First what was said before: from the position that comes with it, nothing is missed or doubled. */
	async #enter() {
		clearTimeout(this.#timer);
		if (this.#chat) {
			return;
		}
		const history = await this.#history();
		if (!history || this.#chat) {
			return;
		}
		const { publications, epoch } = history;
		const position = epoch ? { since: { epoch, offset: publications.at(-1)?.offset ?? history.offset } } : {};
		withDirects(publications.map(({ data }) => data), this.#directs()).forEach((data) => this.#tell(data, null));
		this.#chat = this.#client.newSubscription(this.#channel("chat"), { ...position, joinLeave: true });
		this.#chat.on("subscribed", (context) => this.#subscribed(context));
		this.#chat.on("unsubscribed", ({ reason }) => {
			if (!this.#restarting) {
				this.#become("refused", reason);
			}
		});
		this.#chat.on("error", () => this.#become("waiting", "relay down"));
		this.#chat.on("publication", ({ data }) => this.#published(data));
		this.#chat.on("join", ({ info }) => this.#changed(info.client, info.user));
		this.#chat.on("leave", ({ info }) => this.#changed(info.client, null));
		this.#chat.subscribe();
		if (!this.#typing) {
			this.#typing = this.#client.newSubscription(this.#channel("typing"));
			this.#typing.on("publication", ({ data }) => this.#tell(data, arrivedAt()));
			this.#typing.subscribe();
		}
		if (this.keeps) {
			this.#moderation.follow();
		}
	}

	/** From older to newer; nothing if there is another attempt to come, or none makes sense. */
	async #history() {
		try {
			const history = await this.#client.history(this.#channel("chat"), { limit: HISTORY, reverse: true });
			history.publications.reverse();
			this.keeps = true;
			return history;
		}
		catch (error) {
			if (error.code === NOT_AVAILABLE) {
				// Without a broker a room keeps nothing, and nobody looks at it
				this.keeps = false;
				return { publications: [] };
			}
			if (error.code >= FIRST_OF_SERVER && !error.temporary) {
				this.#become("refused", error.message);
			}
			else if (this.#client.state === "connected") {
				this.#become("waiting", "relay down");
				this.#timer = setTimeout(() => this.#enter(), RETRY_HISTORY);
			}
			return null;
		}
	}

	#subscribed({ wasRecovering, recovered, hasRecoveredPublications, streamPosition }) {
		this.outcome = !this.keeps ? "unknown" : wasRecovering && !recovered ? "incomplete" : hasRecoveredPublications ? "missed" : "nothing";
		// They follow at once, before anything else can happen
		this.#replaying = hasRecoveredPublications;
		queueMicrotask(() => {
			this.#replaying = false;
		});
		this.#sessions = null;
		this.#changes = [];
		this.#become("live", "");
		if (this.outcome === "incomplete") {
			this.#fill(streamPosition?.offset ?? 0);
		}
		this.#askWhoIsHere();
	}

	/** What was heard of members before the answer is applied to it: told before, it would be news of those long there. */
	async #askWhoIsHere() {
		clearTimeout(this.#presenceTimer);
		const chat = this.#chat;
		const changes = this.#changes;
		try {
			const { clients } = await chat.presence();
			if (changes !== this.#changes || this.#sessions) {
				return;
			}
			this.#sessions = new Map(Object.entries(clients).map(([id, { user }]) => [id, user]));
			changes.splice(0).forEach(([id, user]) => this.#apply(id, user));
			this.#tellMembers();
		}
		catch {
			if (changes === this.#changes && this.open) {
				this.#presenceTimer = setTimeout(() => this.#askWhoIsHere(), RETRY_PRESENCE);
			}
		}
	}

	/** What the log still has, before what came since. */
	async #fill(end) {
		this.#held = [];
		const history = await this.#history();
		const held = this.#held;
		this.#held = null;
		history?.publications.filter(({ offset }) => offset <= end).forEach(({ data }) => this.#tell(data, null));
		held.forEach(({ data, at }) => this.#tell(data, at));
	}

	#published(data) {
		const at = this.#replaying ? null : arrivedAt();
		if (this.#held) {
			this.#held.push({ data, at });
		}
		else {
			this.#tell(data, at);
		}
	}

	#changed(client, user) {
		if (this.#sessions) {
			this.#apply(client, user);
			this.#tellMembers();
		}
		else {
			this.#changes.push([client, user]);
		}
	}

	#apply(client, user) {
		if (user === null) {
			this.#sessions.delete(client);
		}
		else {
			this.#sessions.set(client, user);
		}
	}

	#tellMembers() {
		this.dispatchEvent(new CustomEvent("members", { detail: new Set(this.#sessions.values()) }));
	}

	#tell(value, at) {
		this.dispatchEvent(new CustomEvent("message", { detail: { value, at } }));
	}

	#become(state, reason) {
		this.state = state;
		this.reason = reason;
		this.dispatchEvent(new Event("state"));
	}

}

/** What the room's log holds and what was said to this user alone, in the order in which it was said. */
function withDirects(said, directs) {
	const at = (value) => Number.isFinite(value?.sentAt) ? value.sentAt : -Infinity;
	const all = [...said];
	for (const direct of directs) {
		const later = all.findIndex((value) => at(value) > at(direct));
		all.splice(later < 0 ? all.length : later, 0, direct);
	}
	return all;
}
