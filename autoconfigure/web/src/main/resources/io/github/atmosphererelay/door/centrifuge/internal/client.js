/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

/**
 * A small client for pages without a build step. It speaks the JSON form of the Centrifuge client protocol, version 2,
 * over one connection, whatever the number of channels: a WebSocket; an HTTP stream where a proxy refuses WebSockets or
 * passes nothing of them; or long polling where a proxy passes responses only when they have ended.
 *
 *     import { Client } from "/atmosphere/client.js";
 *
 *     const client = new Client();
 *     const lobby = client.newSubscription("chat/lobby");
 *     lobby.on("subscribed", ({ wasRecovering, recovered }) => { if (wasRecovering && !recovered) reload(); });
 *     lobby.on("publication", ({ data, offset }) => show(data));
 *     lobby.subscribe();
 *     client.connect();
 *
 * Names, events and codes are those of the npm package `centrifuge`, which a page can change over to when it needs
 * more: Protobuf, deltas. Nothing here is a copy of it.
 *
 * The client holds the position of each recorded channel. After a loss it comes back, to whichever node, and the node
 * fills in what was missed, or says that it cannot: `recovered` is false while `wasRecovering` is true.
 */

/** The reconnect delay is anything up to these bounds: who lost a node together must not come back together. */
const MIN_DELAY = 500;
const MAX_DELAY = 20_000;
/** How long a command waits for its reply. */
const TIMEOUT = 5_000;
/** How much later than promised a ping may come. */
const PING_DELAY = 10_000;
/** Timers hold 31 bits: a longer one would fire at once. */
const MAX_TIMER = 2 ** 31 - 1;

/** The ways to a node, in the order in which they are tried. */
const TRANSPORTS = ["websocket", "http_stream", "polling"];
/** How often what has worked is tried again before something else is: its node may only be away. */
const PATIENCE = 3;
/** For how long a page trusts a WebSocket that has worked, in milliseconds: the network may be another one tomorrow. */
const WORKS_FOR = 3_600_000;
/** For how long a page begins with another transport where no WebSocket has passed, in milliseconds. */
const FALLBACK_FOR = 600_000;
/** When a client that has another transport tries a WebSocket again, in milliseconds: at first, and at most. */
const WEBSOCKET_DELAY = 10_000;
const MAX_WEBSOCKET_DELAY = 600_000;
/** How often it looks whether nothing is under way any more, in milliseconds. */
const IDLE_CHECK = 50;
const NORMAL_CLOSURE = 1000;
const ABNORMAL_CLOSURE = 1006;
const MESSAGE_TOO_BIG = 1009;
const SHUTDOWN = 3001;
const TOKEN_EXPIRED = 109;
/** How often a client looks up its node again because that had too much to do, before it goes to any node. */
const ROUTE_TRIES = 3;
const SUBSCRIPTION_EXPIRED = 2501;
const FIRST_RESUBSCRIBE = 2500;

/** Why a client or a subscription left its state, if it was not the server that said so. */
export const Code = Object.freeze({ CALLED: 0, UNAUTHORIZED: 1, BAD_PROTOCOL: 2, MESSAGE_SIZE_LIMIT: 3 });

/** What calls are rejected with, if it was not the server that refused them. */
export const ErrorCode = Object.freeze({ TIMEOUT: 1, TRANSPORT_CLOSED: 2, CLIENT_DISCONNECTED: 3, CONNECT_TOKEN: 5,
	REFRESH_TOKEN: 6, UNSUBSCRIBED: 7, SUBSCRIBE_TOKEN: 8, SUBSCRIPTION_REFRESH_TOKEN: 9, CONNECTION_CLOSED: 11 });

/** Thrown by `getToken` if there is no token to be had: the connection or the subscription ends and does not come back. */
export class UnauthorizedError extends Error {

	constructor(message = "unauthorized") {
		super(message);
		this.name = "UnauthorizedError";
	}

}

/** A refused or unanswered command. `temporary` says that it may succeed later. */
export class CommandError extends Error {

	constructor({ code, message, temporary = false }) {
		super(message);
		this.name = "CommandError";
		this.code = code;
		this.temporary = temporary;
	}

}

/** Also of what is no error: scripts may throw anything. */
function messageOf(error) {
	return String(error?.message ?? error);
}

/** Whether another attempt may bring something else. */
function isTemporary(error) {
	return error.temporary || error.code < 100;
}

/** Full jitter above the shortest delay. */
export function backoff(attempt, { min = MIN_DELAY, max = MAX_DELAY, random = Math.random } = {}) {
	return Math.min(max, min + Math.floor(random() * Math.min(max, min * 2 ** Math.min(attempt, 30))));
}

/** Named events with typed contexts. A listener that throws harms neither the others nor the connection. */
class Emitter {

	#listeners = new Map();

	on(event, listener) {
		this.#listeners.set(event, [...this.#listeners.get(event) ?? [], listener]);
		return this;
	}

	once(event, listener) {
		const once = (context) => {
			this.off(event, once);
			listener(context);
		};
		return this.on(event, once);
	}

	off(event, listener) {
		this.#listeners.set(event, (this.#listeners.get(event) ?? []).filter((each) => each !== listener));
		return this;
	}

	/** @internal */
	emit(event, context) {
		for (const listener of this.#listeners.get(event) ?? []) {
			try {
				listener(context);
			}
			catch (error) {
				console.error(error);
			}
		}
	}

}

/** What a connection and a subscription have in common: a state, those who wait for its good end, and a token. */
class Lifecycle extends Emitter {

	#state;
	#goal;
	#waiting = new Set();
	#expiry;
	/** Counts the attempts: what belongs to an earlier one must not touch the present one. */
	_flow = 0;
	_options;
	_token;

	constructor(state, goal, options) {
		super();
		this.#state = state;
		this.#goal = goal;
		this._options = options;
		this._token = options.token ?? "";
	}

	get state() {
		return this.#state;
	}

	/** An empty one is asked for anew when it is needed. */
	setToken(token) {
		this._token = token;
	}

	/** Fires "state" and the state's own event, in this order; false if a listener has changed the state again. */
	_become(newState, context) {
		const oldState = this.#state;
		this.#state = newState;
		if (oldState !== newState) {
			this.emit("state", { newState, oldState });
		}
		if (this.#state === newState) {
			this.emit(newState, context);
		}
		if (this.#state === newState && newState === this.#goal) {
			this.#settle((each) => each.resolve());
		}
		return this.#state === newState;
	}

	_overtake() {
		this._flow++;
		clearTimeout(this.#expiry);
	}

	_giveUp(error) {
		this.#settle((each) => each.reject(new CommandError(error)));
	}

	#settle(how) {
		const waiting = [...this.#waiting];
		this.#waiting.clear();
		waiting.forEach(how);
	}

	/** Resolved when the good end is reached; rejected when it was given up, at once if there is a `refusal`. */
	_await(timeout, refusal) {
		if (this.#state === this.#goal) {
			return Promise.resolve();
		}
		if (refusal) {
			return Promise.reject(new CommandError(refusal));
		}
		return new Promise((resolve, reject) => {
			const waiter = { resolve, reject };
			this.#waiting.add(waiter);
			if (timeout) {
				setTimeout(() => {
					if (this.#waiting.delete(waiter)) {
						reject(new CommandError({ code: ErrorCode.TIMEOUT, message: "timeout" }));
					}
				}, timeout);
			}
		});
	}

	/**
	 * Whether the attempt can go on. Without a right to a token, all ends, and the attempt is overtaken. An empty token
	 * is none, unless `anonymous` says that one may go on without.
	 */
	async _obtainToken(context, type, code, anonymous = false) {
		const flow = this._flow;
		let token;
		let error;
		try {
			token = await this._options.getToken(context);
		}
		catch (ex) {
			error = ex ?? new Error("no token");
		}
		if (flow !== this._flow) {
			return false;
		}
		if (!error && (token || anonymous && token === "")) {
			this._token = token;
			return true;
		}
		if (!error || error instanceof UnauthorizedError) {
			this._end(Code.UNAUTHORIZED, "unauthorized");
		}
		else {
			this.emit("error", { ...context, type, error: { code, message: messageOf(error) } });
		}
		return false;
	}

	/** Sends another token when the one in use ends. */
	_keepFresh({ expires, ttl }, context, code, send) {
		clearTimeout(this.#expiry);
		if (expires) {
			this.#expiry = setTimeout(() => this.#refresh(context, code, send),
					Math.min(MAX_TIMER, Math.max(1, ttl ?? 0) * 1_000));
		}
	}

	async #refresh(context, code, send) {
		const flow = this._flow;
		const again = () => {
			this.#expiry = setTimeout(() => this.#refresh(context, code, send), backoff(0, { min: 5_000, max: 10_000 }));
		};
		if (!this._options.getToken) {
			this._end(Code.UNAUTHORIZED, "unauthorized");
		}
		else if (await this._obtainToken(context, "refreshToken", code)) {
			send(this._token, (error, reply) => {
				if (flow !== this._flow) {
					return;
				}
				if (!error) {
					this._keepFresh(reply, context, code, send);
				}
				else if (isTemporary(error)) {
					this.emit("error", { ...context, type: "refresh", error });
					if (flow === this._flow) {
						again();
					}
				}
				else {
					this._end(error.code, error.message);
				}
			});
		}
		else if (flow === this._flow) {
			again();
		}
	}

}

/** No door redirects: what does so is the way to a log-in. */
function isLogin(answer) {
	return answer.status === 401 || answer.type === "opaqueredirect" || answer.status >= 301 && answer.status <= 303;
}

/** Remembers which transport has worked, for all pages of this origin. */
const memory = {
	key(url) {
		return `atmosphere-transport ${new URL(url).host}`;
	},
	get(url) {
		try {
			const [transport, since] = (globalThis.localStorage?.getItem(this.key(url)) ?? "").split(" ");
			const age = Date.now() - Number(since);
			return age >= 0 && age < (transport === "websocket" ? WORKS_FOR : FALLBACK_FOR) ? transport : null;
		}
		catch {
			// The browser lets the page store nothing
			return null;
		}
	},
	set(url, transport) {
		try {
			globalThis.localStorage?.setItem(this.key(url), `${transport} ${Date.now()}`);
		}
		catch {
			// The next page finds out by itself
		}
	}
};

/**
 * Requests in place of a WebSocket, which it is from outside: one response that does not end or, with long polling, one
 * for each batch of messages; and a request for each thing that is sent.
 */
class HttpTransport {

	readyState = 0;
	onopen = null;
	onmessage = null;
	onclose = null;
	#url;
	#fetch;
	#polls;
	#aborted = new AbortController();
	#begun = false;
	#sending = 0;
	#bound;
	#sent = new Promise((resolve) => {
		this.#bound = resolve;
	});

	/** @param {string} url that of the WebSocket, which has to end as the door's does by default */
	constructor(url, fetch, polls) {
		this.#url = url.replace(/^ws/, "http");
		this.#fetch = fetch;
		this.#polls = polls;
		queueMicrotask(() => {
			if (this.readyState === 0) {
				this.readyState = 1;
				this.onopen?.();
			}
		});
	}

	/** The first thing that is sent opens the connection, and its reply says to whom further requests go. */
	send(frame) {
		if (!this.#begun) {
			this.#begun = true;
			this.#receive(frame);
		}
		else {
			this.#sending++;
			this.#sent = this.#sent.then((target) => this.#send(target, frame)).finally(() => this.#sending--);
		}
	}

	/** Whether everything that was sent has arrived. */
	get idle() {
		return this.#sending === 0;
	}

	bind(session, node) {
		this.#bound({ session, node });
	}

	close() {
		this.readyState = 3;
		this.#aborted.abort();
	}

	#post(path, body, signal) {
		const target = new URL(path, this.#url);
		target.search = new URL(this.#url).search;
		return this.#fetch.call(globalThis, target, { method: "POST", body, cache: "no-store", credentials: "include", redirect: "manual",
			headers: { "content-type": "application/json" }, signal });
	}

	async #receive(connect) {
		try {
			for (let body = connect; body && this.readyState === 1;) {
				const response = await this.#post(this.#polls ? "polling" : "http_stream", body, this.#aborted.signal);
				if (!response.ok) {
					await response.body?.cancel();
					this.#end(ABNORMAL_CLOSURE, `status ${response.status}`, isLogin(response));
					return;
				}
				await this.#read(response.body);
				// It says that this answer has arrived
				body = this.#polls && response.headers.get("x-atmosphere-session-token");
			}
			this.#end(NORMAL_CLOSURE, "");
		}
		catch (error) {
			this.#end(ABNORMAL_CLOSURE, messageOf(error));
		}
	}

	async #read(body) {
		const reader = body.getReader();
		const decoder = new TextDecoder();
		let rest = "";
		for (let part = await reader.read(); !part.done; part = await reader.read()) {
			rest += decoder.decode(part.value, { stream: true });
			const end = rest.lastIndexOf("\n");
			if (end >= 0) {
				const lines = rest.slice(0, end);
				rest = rest.slice(end + 1);
				this.onmessage?.({ data: lines });
			}
		}
	}

	/** One after the other: requests that are under way together may overtake each other. */
	async #send(target, frame) {
		if (this.readyState === 1) {
			try {
				const response = await this.#post("emulation", JSON.stringify({ ...target, data: frame }), this.#aborted.signal);
				await response.body?.cancel();
				if (!response.ok) {
					throw new Error(`status ${response.status}`);
				}
			}
			catch (error) {
				this.#end(ABNORMAL_CLOSURE, messageOf(error));
			}
		}
		return target;
	}

	#end(code, reason, unauthorized = false) {
		if (this.readyState !== 3) {
			this.close();
			this.onclose?.({ code, reason, unauthorized });
		}
	}

}

/**
 * One connection. States: `disconnected`, `connecting`, `connected`.
 *
 * Events: `state`, `connecting` and `disconnected` ({code, reason}), `connected` ({client, transport, data}), `error`,
 * `message` ({data}); for subscriptions that the server made also `subscribing`, `subscribed`, `unsubscribed`,
 * `publication`, `join` and `leave`, with the channel.
 */
export class Client extends Lifecycle {

	#urls;
	#at = 0;
	#failedUrl;
	/** Where the ring sends this client, with the ticket for it; null for the address of the list. */
	#route = null;
	/** Whether the node of the ring did not answer: the next attempt goes to the list. */
	#routeFailed = false;

	/** How often in a row this client has looked up its node without getting in. */
	#routeTries = 0;
	#socket = null;
	#id = 0;
	#calls = new Map();
	#outgoing = [];
	#attempt = 0;
	/** The transports that this client may use, and which of them it is at. */
	#ways;
	#way = 0;
	/** With which of them the present round of attempts has begun. */
	#firstWay = 0;
	/** How often in a row the present one has failed. */
	#failures = 0;
	/** Which of them has worked last, or null. */
	#worked = null;
	/** How often in a row no WebSocket has passed while another transport did, the trial that runs, and the next one. */
	#misses = 0;
	#trial = null;
	#trialTimer;
	#timer;
	#watchdog;
	#awake;
	#ping = 0;
	#pong = false;
	#subscriptions = new Map();
	/** Channels that the server has subscribed this client to: their positions, for the next connect. */
	#serverSide = new Map();

	/**
	 * @param {string|string[]} [url] the door, or those of several nodes, of which the next is tried when one does not
	 * answer or is about to stop; by default the door beside this script
	 * @param {object} [options] see client.d.ts
	 */
	constructor(url = new URL("connection/websocket", import.meta.url).href, options = {}) {
		super("disconnected", "connected", { minReconnectDelay: MIN_DELAY, maxReconnectDelay: MAX_DELAY, timeout: TIMEOUT,
			websocketRetryDelay: WEBSOCKET_DELAY, maxServerPingDelay: PING_DELAY, name: "atmosphere", ...options });
		this.#urls = [url].flat().map((each) => {
			const target = new URL(each, globalThis.location?.href);
			target.protocol = target.protocol.replace("http", "ws");
			if (options.route?.channel) {
				// A gateway places this client by it
				target.searchParams.set("channel", options.route.channel);
			}
			return target.href;
		});
	}

	/** Where it is connected, or tries to be. */
	get url() {
		return this.#route?.url ?? this.#urls[this.#at];
	}

	get #websocket() {
		return this._options.websocket ?? globalThis.WebSocket;
	}

	connect() {
		if (this.state === "disconnected") {
			this.#findWays();
			this.#attempt = 0;
			this.#awake = new AbortController();
			// A network that is back, or a page that is looked at again, ends the wait
			const { signal } = this.#awake;
			globalThis.addEventListener?.("online", () => {
				this.#hurry();
				// It may be another network
				this.#misses = 0;
				this.#tryWebSocketLater();
			}, { signal });
			globalThis.document?.addEventListener("visibilitychange", () => this.#hurry(), { signal });
			if (this._become("connecting", { code: Code.CALLED, reason: "connect called" })) {
				this.#open();
			}
		}
	}

	disconnect() {
		this._end(Code.CALLED, "disconnect called");
	}

	/** The transport of the connection, or the one that is tried: `websocket`, `http_stream` or `polling`. */
	get transport() {
		return this.#ways?.[this.#way] ?? TRANSPORTS[0];
	}

	/** HTTP needs `fetch` that reads a body as it comes, and the door's paths as they are by default. */
	#findWays() {
		const http = Boolean(this.#fetch && globalThis.TextDecoder)
			&& this.#urls.every((url) => new URL(url).pathname.endsWith("/connection/websocket"));
		const possible = { websocket: Boolean(this.#websocket), http_stream: http, polling: http };
		this.#ways = (this._options.transports ?? TRANSPORTS).filter((each) => possible[each]);
		if (this.#ways.length === 0) {
			throw new Error("There is no WebSocket here: name one with the option 'websocket'");
		}
		this.#worked = memory.get(this.url);
		this.#way = Math.max(0, this.#ways.indexOf(this.#worked));
		this.#firstWay = this.#way;
		this.#failures = 0;
		this.#misses = 0;
	}

	get #fetch() {
		return this._options.fetch ?? globalThis.fetch;
	}

	/**
	 * Note that the present transport has led to no node, and go on to the next one if it is that one's turn.
	 * @returns whether another transport is to be tried at once
	 */
	#passOn() {
		// More and more seldom, for the sake of a node that is just coming back
		if (++this.#failures < (this.#worked === this.transport ? PATIENCE : 1) || (this.#attempt & this.#attempt - 1) !== 0) {
			return false;
		}
		this.#failures = 0;
		this.#way = (this.#way + 1) % this.#ways.length;
		return this.#way !== this.#firstWay;
	}

	/** Resolved when connected, rejected when that is given up. */
	ready(timeout) {
		return this._await(timeout, this.state === "disconnected"
			&& { code: ErrorCode.CLIENT_DISCONNECTED, message: "client disconnected" });
	}

	newSubscription(channel, options) {
		if (this.#subscriptions.has(channel)) {
			throw new Error(`There is a subscription to ${channel} already`);
		}
		const subscription = new Subscription(this, channel, options, {
			call: (name, body, done) => this.#call(name, body, done),
			reconnect: (code, reason) => this.#lost(code, reason),
			timeout: this._options.timeout
		});
		this.#subscriptions.set(channel, subscription);
		return subscription;
	}

	getSubscription(channel) {
		return this.#subscriptions.get(channel) ?? null;
	}

	removeSubscription(subscription) {
		subscription.unsubscribe();
		if (this.#subscriptions.get(subscription.channel) === subscription) {
			this.#subscriptions.delete(subscription.channel);
		}
	}

	subscriptions() {
		return Object.fromEntries(this.#subscriptions);
	}

	/** Resolved when the node has taken the message; for a recorded channel, when the log has it. */
	async publish(channel, data) {
		await this.#request("publish", { channel, data });
		return {};
	}

	/** @param {{limit?: number, since?: {offset: number, epoch: string}, reverse?: boolean}} [options] limit 0: only the position */
	async history(channel, { limit, since, reverse } = {}) {
		const reply = await this.#request("history", { channel, limit, since, reverse });
		return {
			publications: (reply.publications ?? []).map((each) => publicationOf(channel, each)),
			epoch: reply.epoch ?? "",
			offset: reply.offset ?? 0
		};
	}

	async presence(channel) {
		const { presence = {} } = await this.#request("presence", { channel });
		return { clients: Object.fromEntries(Object.entries(presence).map(([id, info]) => [id, clientOf(info)])) };
	}

	async presenceStats(channel) {
		const reply = await this.#request("presence_stats", { channel });
		return { numClients: reply.num_clients ?? 0, numUsers: reply.num_users ?? 0 };
	}

	async rpc(method, data) {
		const reply = await this.#request("rpc", { method, data });
		return { data: reply.data };
	}

	/** Nothing tells whether it arrived. */
	async send(data) {
		await this.ready(this._options.timeout);
		this.#write(JSON.stringify({ send: { data } }));
	}

	// The connection

	async #open() {
		this._overtake();
		const flow = this._flow;
		clearTimeout(this.#timer);
		if (!this._token && this._options.getToken
				&& !await this._obtainToken({}, "connectToken", ErrorCode.CONNECT_TOKEN, true)) {
			if (flow === this._flow) {
				this.#later();
			}
			return;
		}
		if (this._options.route) {
			await this.#findRoute();
			if (flow !== this._flow) {
				return;
			}
		}
		let socket;
		try {
			socket = this.transport === "websocket" ? new this.#websocket(this.url)
				: new HttpTransport(this.url, this.#fetch, this.transport === "polling");
		}
		catch (error) {
			// For example a page that came by https, and a door that is to be reached by ws
			this.#lost(1, messageOf(error), true);
			return;
		}
		this.#socket = socket;
		this.#timer = setTimeout(() => this.#lost(1, "connect timeout"), this._options.timeout);
		let opened = false;
		socket.onopen = () => {
			opened = true;
			clearTimeout(this.#timer);
			const token = this._token;
			try {
				this.#call("connect", this.#connectCommand(), (error, reply) => error ? this.#refused(error, token) : this.#accepted(reply));
			}
			catch (error) {
				// The option `data` is nothing that JSON can hold
				this.#lost(1, messageOf(error));
			}
		};
		socket.onmessage = (event) => this.#received(socket, event.data);
		socket.onclose = (event) => {
			if (event.unauthorized && this.state === "connecting") {
				this._end(Code.UNAUTHORIZED, "unauthorized");
				return;
			}
			this.#closed(event.code, event.reason);
			if (!opened && !this.#socket) {
				this.#findOutWhy();
			}
		};
		// What went wrong is told by the close that follows
		socket.onerror = () => {};
	}

	/**
	 * Asks the node of the list which node serves the user, or a channel. Whatever goes wrong, the client connects to the
	 * list.
	 */
	async #findRoute() {
		this.#route = null;
		if (this.#routeFailed) {
			this.#routeFailed = false;
			this.#routeTries = 0;
			return;
		}
		this.#routeTries++;
		const door = new URL(this.#urls[this.#at].replace(/^ws/, "http"));
		try {
			const lookup = new URL(this._options.routePath ?? "../api/route", door);
			if (this._options.route.channel) {
				lookup.searchParams.set("channel", this._options.route.channel);
			}
			const answer = await this.#fetch.call(globalThis, lookup, { credentials: "same-origin", cache: "no-store",
				headers: this._token ? { authorization: `Bearer ${this._token}` } : {}, signal: AbortSignal.timeout(this._options.timeout) });
			const { address, here, ticket } = answer.ok ? await answer.json() : {};
			if (address && !here && (ticket || this._token)) {
				const target = new URL(door.pathname + door.search, address.includes("://") ? address : `${door.protocol}//${address}`);
				target.protocol = target.protocol.replace("http", "ws");
				// The token proves more than a ticket, and can be renewed
				this.#route = { url: target.href, ticket: this._token ? undefined : ticket };
			}
		}
		catch {
			// Any node serves any user
		}
	}

	#connectCommand() {
		const { data, name, version } = this._options;
		const subs = {};
		for (const [channel, position] of this.#serverSide) {
			if (position) {
				subs[channel] = { recover: true, ...position };
			}
		}
		return { token: this.#route?.ticket || this._token || undefined, data, name, version, subs: this.#serverSide.size ? subs : undefined };
	}

	#accepted(reply) {
		this.#attempt = 0;
		this.#routeTries = 0;
		this.#failures = 0;
		this.#firstWay = this.#way;
		const worked = this.#worked;
		this.#worked = this.transport;
		if (this.transport === "websocket") {
			this.#misses = 0;
			if (worked !== "websocket") {
				memory.set(this.url, "websocket");
			}
		}
		this.#socket.bind?.(reply.session, reply.node);
		this.#ping = reply.ping ?? 0;
		this.#pong = reply.pong ?? false;
		this.#watch();
		this.#keepFresh(reply);
		this.#tryWebSocketLater();
		if (!this._become("connected", { client: reply.client, transport: this.transport, data: reply.data })) {
			return;
		}
		const subs = reply.subs ?? {};
		for (const channel of this.#serverSide.keys()) {
			if (!(channel in subs)) {
				this.#serverSide.delete(channel);
				this.emit("unsubscribed", { channel });
			}
		}
		for (const [channel, result] of Object.entries(subs)) {
			this.#subscribedByServer(channel, result);
		}
		this.#subscriptions.forEach((each) => each._connected());
	}

	#subscribedByServer(channel, result) {
		const { offset = 0, epoch = "" } = result;
		this.#serverSide.set(channel, result.recoverable ? { offset, epoch } : null);
		this.emit("subscribed", subscribedOf(channel, result));
		(result.publications ?? []).forEach((each) => this.#published(channel, each));
	}

	/** `token`: what the refused command had held; a listener may have set another one since. */
	#refused(error, token) {
		if (error.code === ErrorCode.CONNECTION_CLOSED) {
			// Who has dropped the connection goes on
			return;
		}
		if (this.#route?.ticket) {
			// The ticket was late, or its node is gone: another node lets the client in as it is
			this.emit("error", { type: "connect", error });
			this.#lost(error.code, error.message, false, isTemporary(error));
			return;
		}
		if (error.code !== TOKEN_EXPIRED && !isTemporary(error)) {
			this._end(error.code, error.message);
			return;
		}
		const flow = this._flow;
		this.emit("error", { type: "connect", error });
		if (flow !== this._flow) {
			return;
		}
		if (error.code === TOKEN_EXPIRED && token === this._token) {
			if (!this._options.getToken) {
				this._end(Code.UNAUTHORIZED, "unauthorized");
				return;
			}
			this._token = "";
		}
		// A node that has answered is no failure of the transport; one that has not may be behind a proxy that passes nothing
		this.#lost(error.code, error.message, error.code === ErrorCode.TIMEOUT);
	}

	/**
	 * A browser does not tell why a handshake has failed. The door itself does, where the page may read its answer: who
	 * has to log in first needs no further attempts. Asked seldom, for the sake of a node that is just coming back.
	 */
	async #findOutWhy() {
		if (this.state !== "connecting") {
			return;
		}
		const url = new URL(this.#failedUrl.replace(/^ws/, "http"));
		const { fetch, location } = globalThis;
		if (!fetch || location && url.origin !== location.origin || (this.#attempt & this.#attempt - 1) !== 0) {
			return;
		}
		const awake = this.#awake;
		let answer;
		try {
			answer = await fetch(url, { headers: { "X-Requested-With": "XMLHttpRequest" }, cache: "no-store", redirect: "manual",
				signal: AbortSignal.timeout(this._options.timeout) });
			await answer.body?.cancel();
		}
		catch {
			return;
		}
		// An attempt that is under way, or a new life, finds out for itself
		if (isLogin(answer) && awake === this.#awake && this.state === "connecting" && !this.#socket) {
			this._end(Code.UNAUTHORIZED, "unauthorized");
		}
	}

	#keepFresh(reply) {
		this._keepFresh(reply, {}, ErrorCode.REFRESH_TOKEN, (token, done) => this.#call("refresh", { token }, done));
	}

	#closed(code, reason) {
		if (this.#route && this.state === "connecting" && code >= 3_500 && code < 4_000) {
			this.#lost(code, reason);
			return;
		}
		if (code === MESSAGE_TOO_BIG) {
			this._end(Code.MESSAGE_SIZE_LIMIT, "message size limit exceeded");
		}
		else if (code < 3_000) {
			this.#lost(1, reason || "transport closed");
		}
		else if (code < 3_500 || code >= 4_000 && code < 4_500 || code >= 5_000) {
			this.#lost(code, reason, undefined, code < 3_500);
		}
		else {
			this._end(code, reason);
		}
	}

	/**
	 * Comes back after a while; subscriptions keep their positions. `failed`: whether there was no connection at all.
	 * `busy`: whether the node has answered that the client may try again, as in a rush of tickets. Then the client asks anew
	 * where to go, a few times before it goes to any node.
	 */
	#lost(code, reason, failed = this.state === "connecting" && this.#socket !== null, busy = false) {
		if (this.state === "disconnected") {
			return;
		}
		const wasConnected = this.state === "connected";
		const routed = this.#route !== null;
		const onward = failed && !busy && this.#passOn();
		this.#routeFailed = routed && !wasConnected && !(busy && this.#routeTries <= ROUTE_TRIES);
		this.#drop();
		this.#failedUrl = this.url;
		if (!routed && !onward && (!wasConnected || code === SHUTDOWN)) {
			this.#at = (this.#at + 1) % this.#urls.length;
		}
		if (failed && !onward) {
			const flow = this._flow;
			this.emit("error", { type: "transport", error: { code: ErrorCode.TRANSPORT_CLOSED, message: reason } });
			if (flow !== this._flow) {
				return;
			}
		}
		if (wasConnected && !this._become("connecting", { code, reason })) {
			return;
		}
		if (wasConnected) {
			this.#suspend(code, reason);
		}
		if (this.state === "connecting" && !this.#socket) {
			if (onward) {
				this.#open();
			}
			else {
				this.#later();
			}
		}
	}

	/**
	 * Where another transport has worked, a WebSocket may have failed only because its node was about to stop. The first
	 * trial comes soon, and each later one after twice the time.
	 */
	#tryWebSocketLater() {
		this.#endTrial();
		const { websocketRetryDelay: delay } = this._options;
		if (delay > 0 && this.#socket && this.transport !== "websocket" && this.#ways.includes("websocket")) {
			const most = Math.min(Math.max(delay, MAX_WEBSOCKET_DELAY), delay * 2 ** Math.min(this.#misses, 30));
			this.#trialTimer = setTimeout(() => this.#tryWebSocket(), Math.min(MAX_TIMER, most * (0.75 + Math.random() / 2)));
		}
	}

	/**
	 * Messages go on over the connection that there is. Any word of a node shows that WebSockets pass, also that it does
	 * not want this one; a proxy that takes a WebSocket may pass nothing.
	 */
	#tryWebSocket() {
		let trial;
		try {
			trial = new this.#websocket(this.url);
		}
		catch {
			this.#missed();
			return;
		}
		this.#trial = trial;
		this.#trialTimer = setTimeout(() => this.#missed(), 2 * this._options.timeout);
		trial.onopen = () => {
			const { subs, ...command } = this.#connectCommand();
			trial.send(JSON.stringify({ id: 1, connect: command }));
		};
		trial.onmessage = () => this.#changeOver();
		trial.onclose = ({ code }) => code >= 3_000 ? this.#changeOver() : this.#missed();
		trial.onerror = () => {};
	}

	/** Only now other pages need not try either: one handshake alone may fail for many reasons. */
	#missed() {
		this.#misses++;
		memory.set(this.url, this.transport);
		this.#tryWebSocketLater();
	}

	/** As after a loss, at a moment when nothing is under way: subscriptions go on from their positions. */
	#changeOver() {
		this.#endTrial();
		if (this.#calls.size > 0 || this.#outgoing.length > 0 || !this.#socket.idle) {
			this.#trialTimer = setTimeout(() => this.#changeOver(), IDLE_CHECK);
			return;
		}
		this.#way = this.#ways.indexOf("websocket");
		this.#firstWay = this.#way;
		this.#failures = 0;
		this.#drop();
		if (this._become("connecting", { code: 5, reason: "websocket passes" })) {
			this.#suspend(5, "websocket passes");
			if (this.state === "connecting" && !this.#socket) {
				this.#open();
			}
		}
	}

	#endTrial() {
		clearTimeout(this.#trialTimer);
		const trial = this.#trial;
		this.#trial = null;
		if (trial) {
			trial.onopen = trial.onmessage = trial.onclose = null;
			try {
				trial.close();
			}
			catch (error) {
				console.error(error);
			}
		}
	}

	#later() {
		const { minReconnectDelay: min, maxReconnectDelay: max } = this._options;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#open(), backoff(this.#attempt++, { min, max }));
	}

	#hurry() {
		if (this.state === "connecting" && !this.#socket && globalThis.document?.visibilityState !== "hidden") {
			this.#open();
		}
	}

	_end(code, reason) {
		if (this.state === "disconnected") {
			return;
		}
		this.#drop();
		this.#awake.abort();
		this._giveUp({ code: ErrorCode.CLIENT_DISCONNECTED, message: "client disconnected" });
		this._become("disconnected", { code, reason });
		this.#suspend(code, reason);
	}

	#suspend(code, reason) {
		this.#subscriptions.forEach((each) => each._disconnected(code, reason));
		for (const channel of this.#serverSide.keys()) {
			this.emit("subscribing", { channel });
		}
	}

	#drop() {
		const socket = this.#socket;
		this._overtake();
		this.#socket = null;
		this.#outgoing = [];
		clearTimeout(this.#timer);
		clearTimeout(this.#watchdog);
		this.#endTrial();
		if (socket) {
			socket.onopen = socket.onmessage = socket.onclose = null;
			try {
				socket.close();
			}
			catch (error) {
				// Of another make than the browser's: what is left of it is not ours any more
				console.error(error);
			}
		}
		const calls = [...this.#calls.values()];
		this.#calls.clear();
		const error = new CommandError({ code: ErrorCode.CONNECTION_CLOSED, message: "connection closed", temporary: true });
		calls.forEach((each) => each(error));
	}

	#watch() {
		clearTimeout(this.#watchdog);
		if (this.#ping > 0) {
			this.#watchdog = setTimeout(() => this.#lost(2, "no ping"), this.#ping * 1_000 + this._options.maxServerPingDelay);
		}
	}

	// Commands and what comes back

	async #request(name, body) {
		await this.ready(this._options.timeout);
		return new Promise((resolve, reject) => this.#call(name, body, (error, reply) => error ? reject(error) : resolve(reply)));
	}

	/** Calls back before the rest of the reply's frame is looked at, which a promise would not. */
	#call(name, body, done) {
		const id = ++this.#id;
		const command = JSON.stringify({ id, [name]: body });
		const timer = setTimeout(() => {
			this.#calls.delete(id);
			done(new CommandError({ code: ErrorCode.TIMEOUT, message: "timeout", temporary: true }));
		}, this._options.timeout);
		this.#calls.set(id, (error, reply) => {
			clearTimeout(timer);
			done(error, reply);
		});
		this.#write(command);
	}

	/** What is said in one go leaves in one frame. */
	#write(command) {
		if (this.#outgoing.push(command) === 1) {
			queueMicrotask(() => {
				const frame = this.#outgoing.join("\n");
				this.#outgoing = [];
				if (frame && this.#socket?.readyState === 1) {
					this.#socket.send(frame);
				}
			});
		}
	}

	#received(socket, frame) {
		let replies;
		try {
			replies = frame.split("\n").filter((line) => line.trim()).map((line) => JSON.parse(line));
		}
		catch {
			// Nothing that a node says: a proxy between may have put its page there, and another connection may get past it
			this.#lost(1, "transport closed");
			return;
		}
		this.#watch();
		for (const reply of replies) {
			// A listener may have ended the connection
			if (socket !== this.#socket) {
				return;
			}
			if (reply !== null && typeof reply === "object") {
				this.#handle(reply);
			}
		}
	}

	#handle(reply) {
		if (reply.id) {
			const done = this.#calls.get(reply.id);
			this.#calls.delete(reply.id);
			if (reply.error) {
				done?.(new CommandError(reply.error));
			}
			else {
				const { id, ...results } = reply;
				done?.(null, Object.values(results)[0] ?? {});
			}
		}
		else if (reply.push) {
			this.#pushed(reply.push);
		}
		else if (this.#pong) {
			this.#socket.send("{}");
		}
	}

	#pushed(push) {
		const channel = push.channel ?? "";
		const subscription = this.#subscriptions.get(channel);
		if (push.pub) {
			if (subscription && !this.#serverSide.has(channel)) {
				subscription._published(push.pub);
			}
			else {
				this.#published(channel, push.pub);
			}
		}
		else if (push.join || push.leave) {
			const target = subscription ?? this;
			target.emit(push.join ? "join" : "leave", { channel, info: clientOf((push.join ?? push.leave).info ?? {}) });
		}
		else if (push.message) {
			this.emit("message", { data: push.message.data });
		}
		else if (push.unsubscribe) {
			if (subscription) {
				subscription._unsubscribedByServer(push.unsubscribe);
			}
			else if (this.#serverSide.delete(channel)) {
				this.emit("unsubscribed", { channel });
			}
		}
		else if (push.subscribe) {
			this.#subscribedByServer(channel, push.subscribe);
		}
		else if (push.refresh) {
			this.#keepFresh(push.refresh);
		}
		else if (push.disconnect) {
			this.#closed(push.disconnect.code ?? 0, push.disconnect.reason ?? "");
		}
	}

	#published(channel, publication) {
		const position = this.#serverSide.get(channel);
		if (!isNews(publication, position)) {
			return;
		}
		this.emit("publication", publicationOf(channel, publication));
		if (position && publication.offset) {
			position.offset = publication.offset;
		}
	}

}

/**
 * One channel. States: `unsubscribed`, `subscribing`, `subscribed`.
 *
 * Events: `state`, `subscribing` and `unsubscribed` ({code, reason}), `subscribed` ({wasRecovering, recovered,
 * streamPosition, data ...}), `publication` ({data, offset, info, tags}), `join` and `leave` ({info}), `error`.
 */
export class Subscription extends Lifecycle {

	#client;
	#channel;
	#link;
	#position;
	#attempt = 0;
	#inFlight = false;
	#timer;

	/** @internal Use {@link Client#newSubscription}. */
	constructor(client, channel, options = {}, link) {
		super("unsubscribed", "subscribed", { minResubscribeDelay: MIN_DELAY, maxResubscribeDelay: MAX_DELAY, ...options });
		this.#client = client;
		this.#channel = channel;
		this.#link = link;
		this.#position = options.since ?? null;
	}

	get channel() {
		return this.#channel;
	}

	/** The position after the last publication that was handed out, or null if the channel is not recorded. */
	get position() {
		return this.#position && { ...this.#position };
	}

	subscribe() {
		if (this.state === "unsubscribed") {
			this.#attempt = 0;
			if (this._become("subscribing", { channel: this.#channel, code: Code.CALLED, reason: "subscribe called" })) {
				this._connected();
			}
		}
	}

	unsubscribe() {
		this._end(Code.CALLED, "unsubscribe called");
	}

	ready(timeout) {
		return this._await(timeout, this.state === "unsubscribed"
			&& { code: ErrorCode.UNSUBSCRIBED, message: "unsubscribed" });
	}

	async publish(data) {
		await this.ready(this.#link.timeout);
		return this.#client.publish(this.#channel, data);
	}

	async history(options) {
		await this.ready(this.#link.timeout);
		return this.#client.history(this.#channel, options);
	}

	async presence() {
		await this.ready(this.#link.timeout);
		return this.#client.presence(this.#channel);
	}

	async presenceStats() {
		await this.ready(this.#link.timeout);
		return this.#client.presenceStats(this.#channel);
	}

	/** @internal */
	async _connected() {
		if (this.state !== "subscribing" || this.#client.state !== "connected") {
			return;
		}
		this._overtake();
		const flow = this._flow;
		clearTimeout(this.#timer);
		if (!this._token && this._options.getToken
				&& !await this._obtainToken({ channel: this.#channel }, "subscribeToken", ErrorCode.SUBSCRIBE_TOKEN)) {
			if (flow === this._flow) {
				this.#later();
			}
			return;
		}
		this.#inFlight = true;
		this.#link.call("subscribe", this.#command(), (error, reply) => {
			if (flow === this._flow) {
				this.#inFlight = false;
				if (error) {
					this.#refused(error);
				}
				else {
					this.#accepted(reply);
				}
			}
		});
	}

	#command() {
		const { data, recoverable = true, positioned, joinLeave } = this._options;
		return { channel: this.#channel, token: this._token || undefined, data, recoverable, positioned,
			join_leave: joinLeave, ...(this.#position && { recover: true, ...this.#position }) };
	}

	#accepted(reply) {
		const { publications = [], offset = 0, epoch = "" } = reply;
		const flow = this._flow;
		this.#attempt = 0;
		// What is recovered moves the position forward from where it was
		this.#position = !reply.recoverable ? null
			: { epoch, offset: reply.recovered && this.#position ? this.#position.offset : offset };
		this._keepFresh(reply, { channel: this.#channel }, ErrorCode.SUBSCRIPTION_REFRESH_TOKEN,
				(token, done) => this.#link.call("sub_refresh", { channel: this.#channel, token }, done));
		this._become("subscribed", subscribedOf(this.#channel, reply));
		for (const each of publications) {
			if (flow === this._flow) {
				this._published(each);
			}
		}
		if (flow === this._flow && this.#position) {
			this.#position.offset = Math.max(this.#position.offset, offset);
		}
	}

	#refused(error) {
		if (error.code === ErrorCode.CONNECTION_CLOSED) {
			return;
		}
		if (error.code === ErrorCode.TIMEOUT) {
			// Whether the node has subscribed is not known: a new connection makes it known
			this.#link.reconnect(3, "subscribe timeout");
			return;
		}
		if (error.code === TOKEN_EXPIRED && !this._options.getToken) {
			this._end(Code.UNAUTHORIZED, "unauthorized", false);
		}
		else if (error.code === TOKEN_EXPIRED || isTemporary(error)) {
			if (error.code === TOKEN_EXPIRED) {
				this._token = "";
			}
			const flow = this._flow;
			this.emit("error", { channel: this.#channel, type: "subscribe", error });
			if (flow === this._flow) {
				this.#later();
			}
		}
		else {
			this._end(error.code, error.message, false);
		}
	}

	#later() {
		const { minResubscribeDelay: min, maxResubscribeDelay: max } = this._options;
		this.#timer = setTimeout(() => this._connected(), backoff(this.#attempt++, { min, max }));
	}

	/** @internal */
	_published(publication) {
		if (this.state !== "subscribed" || !isNews(publication, this.#position)) {
			return;
		}
		const position = this.#position;
		this.emit("publication", publicationOf(this.#channel, publication));
		// After the listeners: who reads the position has had everything up to it
		if (position && publication.offset) {
			position.offset = publication.offset;
		}
	}

	/** @internal */
	_disconnected(code, reason) {
		this.#suspend();
		if (this.state === "subscribed") {
			this._become("subscribing", { channel: this.#channel, code, reason });
		}
	}

	/** @internal */
	_unsubscribedByServer({ code = 0, reason = "" }) {
		if (this.state === "unsubscribed") {
			return;
		}
		if (code < FIRST_RESUBSCRIBE) {
			this._end(code, reason, false);
			return;
		}
		if (code === SUBSCRIPTION_EXPIRED) {
			this._token = "";
		}
		this.#suspend();
		if (this._become("subscribing", { channel: this.#channel, code, reason })) {
			this._connected();
		}
	}

	#suspend() {
		this._overtake();
		this.#inFlight = false;
		clearTimeout(this.#timer);
	}

	/** `tell`: whether the node does not know yet. */
	_end(code, reason, tell = this.state === "subscribed" || this.#inFlight) {
		if (this.state === "unsubscribed") {
			return;
		}
		this.#suspend();
		if (tell && this.#client.state === "connected") {
			this.#link.call("unsubscribe", { channel: this.#channel }, (error) => {
				if (error && error.code !== ErrorCode.CONNECTION_CLOSED) {
					this.#link.reconnect(4, "unsubscribe error");
				}
			});
		}
		this._giveUp({ code: ErrorCode.UNSUBSCRIBED, message: "unsubscribed" });
		this._become("unsubscribed", { channel: this.#channel, code, reason });
	}

}

/** The names of the events of an event stream. */
const EVENTS = ["message", "binary", "subscribed", "unsubscribed", "presence", "refused", "closed"];
/** How many messages a tab remembers that it has handed out, for the moment in which the stream changes its tab. */
const REMEMBERED = 2_000;

/**
 * An event stream that the tabs of an origin share, of which a browser opens at most six over HTTP/1.1. One tab holds
 * the stream and passes each event on to the others. When it is closed another tab opens the stream, and goes on where
 * the one before has ended.
 *
 *     const events = new SharedEvents("/atmosphere/chat/lobby");
 *     events.on("message", ({ data }) => show(data));
 *     events.open();
 *
 * Where the browser has no locks (pages that come neither over HTTPS nor from localhost), each tab has its own stream.
 */
export class SharedEvents extends Emitter {

	#url;
	#options;
	#name;
	#shares;
	/** @type {BroadcastChannel | undefined} */
	#others;
	/** @type {EventSource | undefined} */
	#source;
	#abort = new AbortController();
	#release = () => {};
	#opened = false;
	#closed = false;
	#lastId = "";
	/** The subscriptions that have begun, for tabs that come later. */
	#begun = new Map();
	#seen = new Set();

	constructor(url, { withCredentials = false, share = true } = {}) {
		super();
		this.#url = new URL(url, globalThis.location?.href);
		this.#options = { withCredentials };
		this.#name = "atmosphere-events " + this.#url + " " + withCredentials;
		this.#shares = share && globalThis.navigator?.locks !== undefined && "BroadcastChannel" in globalThis;
	}

	/** Whether this tab holds the stream. */
	get leads() {
		return this.#source !== undefined;
	}

	/** The position after the last event, as in `?since=`; empty if there is none. */
	get lastId() {
		return this.#lastId;
	}

	open() {
		if (this.#opened) {
			return;
		}
		this.#opened = true;
		if (!this.#shares) {
			this.#lead();
			return;
		}
		this.#others = new BroadcastChannel(this.#name);
		this.#others.onmessage = ({ data }) => this.#heard(data);
		this.#others.postMessage({ asks: true });
		navigator.locks.request(this.#name, { signal: this.#abort.signal }, () => new Promise((resolve) => {
			this.#release = resolve;
			// What the tab before has passed on comes first
			setTimeout(() => this.#lead(), 20);
		})).catch(() => {
			// Closed before it was its turn
		});
	}

	/** A closed object is not opened again. */
	close() {
		this.#closed = true;
		this.#source?.close();
		this.#source = undefined;
		this.#others?.close();
		this.#abort.abort();
		this.#release();
	}

	#lead() {
		if (this.#closed) {
			return;
		}
		const url = new URL(this.#url);
		if (this.#lastId !== "") {
			url.searchParams.set("since", this.#lastId);
		}
		this.#source = new EventSource(url, this.#options);
		// An event without an id has that of the one before
		let before = "";
		for (const type of EVENTS) {
			this.#source.addEventListener(type, ({ data, lastEventId: id }) => {
				const key = type === "message" || type === "binary" ? keyOf(data, id, id !== before) : null;
				before = id;
				this.#pass({ type, data, id, key });
			});
		}
		this.#source.onerror = () => this.#pass({ type: "error", ended: this.#source?.readyState === EventSource.CLOSED,
			id: this.#lastId });
	}

	#pass(event) {
		this.#others?.postMessage(event);
		this.#handOut(event);
	}

	#heard(message) {
		if (message.asks) {
			if (this.leads) {
				this.#begun.forEach((event) => this.#others.postMessage({ ...event, id: this.#lastId, again: true }));
			}
		}
		else if (!message.again || this.#begun.size === 0 || !this.#begun.has(channelOf(message))) {
			this.#handOut(message);
		}
	}

	#handOut({ type, data, id, key, ended }) {
		if (key) {
			if (this.#seen.has(key)) {
				return;
			}
			this.#seen.add(key);
			if (this.#seen.size > REMEMBERED) {
				this.#seen.delete(this.#seen.values().next().value);
			}
		}
		else if (type === "subscribed") {
			this.#begun.set(channelOf({ data }), { type, data });
		}
		else if (type === "unsubscribed") {
			this.#begun.delete(channelOf({ data }));
		}
		if (id !== "") {
			// A new stream has none until the first event that has one
			this.#lastId = id;
		}
		this.emit(type, (type === "error") ? { ended } : { data, id });
	}

}

function channelOf({ data }) {
	return JSON.parse(data).channel;
}

/** What identifies a message: its position, in a stream of several channels that of its channel, or null. `own`: whether the id is the message's own. */
function keyOf(data, id, own) {
	if (!id.includes("~")) {
		return own && id !== "" ? id : null;
	}
	const { channel, epoch, offset } = JSON.parse(data);
	return (offset === undefined) ? null : channel + " " + epoch + ":" + offset;
}

/** A node delivers each publication once; this holds even when it fails to. */
function isNews(publication, position) {
	return !position || !publication.offset || publication.offset > position.offset;
}

function subscribedOf(channel, { recoverable = false, positioned = false, offset = 0, epoch = "", recovered = false,
		was_recovering: wasRecovering = false, publications = [], data }) {
	return { channel, recoverable, positioned, wasRecovering, recovered, data,
		hasRecoveredPublications: recovered && publications.length > 0,
		...((recoverable || positioned) && { streamPosition: { offset, epoch } }) };
}

function publicationOf(channel, { data, info, offset, tags }) {
	return { channel, data, ...(info && { info: clientOf(info) }), ...(offset && { offset }), ...(tags && { tags }) };
}

function clientOf({ client = "", user = "", conn_info: connInfo, chan_info: chanInfo }) {
	return { client, user, connInfo, chanInfo };
}
