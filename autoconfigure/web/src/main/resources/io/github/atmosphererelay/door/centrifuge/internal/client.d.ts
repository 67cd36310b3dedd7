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

export type State = "disconnected" | "connecting" | "connected";

export type SubscriptionState = "unsubscribed" | "subscribing" | "subscribed";

/** A place in a channel's log. */
export interface StreamPosition {
	offset: number;
	/** The life of the log: positions of different epochs cannot be compared. */
	epoch: string;
}

export interface ClientInfo {
	client: string;
	user: string;
	connInfo?: any;
	chanInfo?: any;
}

export interface StateContext<S> {
	newState: S;
	oldState: S;
}

/** Why a state was left: a code of the server's, or one of {@link Code}. */
export interface Reason {
	code: number;
	reason: string;
}

export interface ConnectedContext {
	client: string;
	/** `websocket`, `http_stream` or `polling`. */
	transport: string;
	data?: any;
}

export interface ErrorContext {
	/** What failed: `transport`, `connect`, `connectToken`, `refresh`, `refreshToken`, `subscribe` or `subscribeToken`. */
	type: string;
	error: { code: number; message: string };
	channel?: string;
}

export interface PublicationContext {
	channel: string;
	data: any;
	/** Who has published it, if it was a client. */
	info?: ClientInfo;
	/** Missing in channels that are not recorded. */
	offset?: number;
	tags?: Record<string, string>;
}

export interface MemberContext {
	channel: string;
	info: ClientInfo;
}

export interface SubscribedContext {
	channel: string;
	recoverable: boolean;
	positioned: boolean;
	/** Whether the client asked for what it had missed. */
	wasRecovering: boolean;
	/**
	 * Whether everything that was missed follows as publications. If it does not although `wasRecovering`, something is
	 * missing: load the present state from where it is kept.
	 */
	recovered: boolean;
	hasRecoveredPublications: boolean;
	streamPosition?: StreamPosition;
	data?: any;
}

export interface SubscriptionReason extends Reason {
	channel: string;
}

export interface HistoryOptions {
	/** Greatest number of publications; 0 asks for the position only. */
	limit?: number;
	since?: StreamPosition;
	/** Newest first. */
	reverse?: boolean;
}

export interface HistoryResult extends StreamPosition {
	publications: PublicationContext[];
}

export interface PresenceResult {
	/** By client id. */
	clients: Record<string, ClientInfo>;
}

export interface PresenceStatsResult {
	numClients: number;
	numUsers: number;
}

export interface ClientOptions {
	token?: string;
	/**
	 * Called when a token is needed; an empty one connects without. Throw {@link UnauthorizedError} if there is none to
	 * be had. Without this function, a token that has expired ends the connection: `disconnected` with
	 * {@link Code.UNAUTHORIZED}.
	 */
	getToken?: (context: {}) => Promise<string>;
	/**
	 * Whether to ask before each connection which node serves the user, or the subscribers of a channel, and to connect there. If nobody answers, it
	 * connects to its own address.
	 */
	route?: boolean | { channel: string };
	/** The URL of the lookup, absolute or relative to the URL of the connection. The default is `../api/route`. */
	routePath?: string;
	/** The function that sends the lookup. The default is the global `fetch`. */
	fetch?: typeof fetch;
	/** Goes with the connect command. */
	data?: any;
	name?: string;
	version?: string;
	/** In milliseconds, 500 by default. */
	minReconnectDelay?: number;
	/** In milliseconds, 20,000 by default. */
	maxReconnectDelay?: number;
	/** How long a command waits for its reply, in milliseconds; 5,000 by default. */
	timeout?: number;
	/** How much later than promised a ping may come, in milliseconds; 10,000 by default. */
	maxServerPingDelay?: number;
	/** Where there is no global WebSocket. */
	websocket?: any;
	/**
	 * The ways to a node, in the order in which they are tried: a proxy may refuse WebSockets, or pass nothing of them, or pass a response
	 * only when it has ended. All by default.
	 */
	transports?: ("websocket" | "http_stream" | "polling")[];
	/**
	 * About after which time a client that has another transport tries a WebSocket again, in milliseconds; 10,000 by default. The time doubles
	 * with each trial that fails, up to ten minutes. Where a WebSocket passes, the client changes over: `connecting` with the code 5. 0: never.
	 */
	websocketRetryDelay?: number;
}

export interface SubscriptionOptions {
	token?: string;
	/** Called when a token is needed. Throw {@link UnauthorizedError} if there is none to be had. */
	getToken?: (context: { channel: string }) => Promise<string>;
	/** Goes with the subscribe command. */
	data?: any;
	/** Begin with what came after this position. */
	since?: StreamPosition;
	/** Whether to recover what was missed if the channel is recorded; true by default. */
	recoverable?: boolean;
	positioned?: boolean;
	/** Whether to be told who joins and leaves. */
	joinLeave?: boolean;
	/** In milliseconds, 500 by default. */
	minResubscribeDelay?: number;
	/** In milliseconds, 20,000 by default. */
	maxResubscribeDelay?: number;
}

export interface ClientEvents {
	state: StateContext<State>;
	connecting: Reason;
	connected: ConnectedContext;
	disconnected: Reason;
	error: ErrorContext;
	/** Sent to this client, or to its user, and not into a channel. */
	message: { data: any };
	// For subscriptions that the server has made
	subscribing: { channel: string };
	subscribed: SubscribedContext;
	unsubscribed: { channel: string };
	publication: PublicationContext;
	join: MemberContext;
	leave: MemberContext;
}

export interface SubscriptionEvents {
	state: StateContext<SubscriptionState>;
	subscribing: SubscriptionReason;
	subscribed: SubscribedContext;
	unsubscribed: SubscriptionReason;
	error: ErrorContext;
	publication: PublicationContext;
	join: MemberContext;
	leave: MemberContext;
}

interface Emitter<E> {
	on<K extends keyof E>(event: K, listener: (context: E[K]) => void): this;
	once<K extends keyof E>(event: K, listener: (context: E[K]) => void): this;
	off<K extends keyof E>(event: K, listener: (context: E[K]) => void): this;
}

/** One connection, for any number of channels. */
export class Client implements Emitter<ClientEvents> {
	readonly state: State;
	/** Where it is connected, or tries to be. */
	readonly url: string;
	/** The transport of the connection, or the one that is tried: `websocket`, `http_stream` or `polling`. */
	readonly transport: string;
	/**
	 * @param url the door, or those of several nodes, of which the next is tried when one does not answer or is about to
	 * stop; by default the door beside the script
	 */
	constructor(url?: string | string[], options?: ClientOptions);
	/**
	 * Connects, and comes back after every loss until {@link disconnect} or a final refusal: a closing code that says so,
	 * a refused connect, no right to a token, or, from a door of the page's own origin, a handshake that is answered with
	 * 401 or the way to a log-in (`disconnected` with {@link Code.UNAUTHORIZED}).
	 * @throws if there is no WebSocket
	 */
	connect(): void;
	disconnect(): void;
	/** Resolved when connected, rejected when that is given up or takes longer than `timeout` milliseconds. */
	ready(timeout?: number): Promise<void>;
	setToken(token: string): void;
	/** @throws if there is one for the channel */
	newSubscription(channel: string, options?: SubscriptionOptions): Subscription;
	getSubscription(channel: string): Subscription | null;
	/** Unsubscribes, and forgets the position. */
	removeSubscription(subscription: Subscription): void;
	subscriptions(): Record<string, Subscription>;
	/** Resolved when the node has taken the message; for a recorded channel, when the log has it. */
	publish(channel: string, data: any): Promise<{}>;
	history(channel: string, options?: HistoryOptions): Promise<HistoryResult>;
	presence(channel: string): Promise<PresenceResult>;
	presenceStats(channel: string): Promise<PresenceStatsResult>;
	rpc(method: string, data?: any): Promise<{ data: any }>;
	/** Nothing tells whether it arrived. */
	send(data: any): Promise<void>;
	on<K extends keyof ClientEvents>(event: K, listener: (context: ClientEvents[K]) => void): this;
	once<K extends keyof ClientEvents>(event: K, listener: (context: ClientEvents[K]) => void): this;
	off<K extends keyof ClientEvents>(event: K, listener: (context: ClientEvents[K]) => void): this;
}

/** One channel of a connection. Made by {@link Client.newSubscription}. */
export class Subscription implements Emitter<SubscriptionEvents> {
	private constructor();
	readonly state: SubscriptionState;
	readonly channel: string;
	/** The position after the last publication that was handed out, or null if the channel is not recorded. */
	readonly position: StreamPosition | null;
	subscribe(): void;
	/** The position is kept: another {@link subscribe} recovers from it. */
	unsubscribe(): void;
	/** Resolved when subscribed, rejected when that is given up or takes longer than `timeout` milliseconds. */
	ready(timeout?: number): Promise<void>;
	setToken(token: string): void;
	publish(data: any): Promise<{}>;
	history(options?: HistoryOptions): Promise<HistoryResult>;
	presence(): Promise<PresenceResult>;
	presenceStats(): Promise<PresenceStatsResult>;
	on<K extends keyof SubscriptionEvents>(event: K, listener: (context: SubscriptionEvents[K]) => void): this;
	once<K extends keyof SubscriptionEvents>(event: K, listener: (context: SubscriptionEvents[K]) => void): this;
	off<K extends keyof SubscriptionEvents>(event: K, listener: (context: SubscriptionEvents[K]) => void): this;
}

/** An event of an event stream. */
export interface StreamEvent {
	data: string;
	/** The position after the event, as in `?since=`; empty if there is none. */
	id: string;
}

export interface SharedEventsEvents {
	message: StreamEvent;
	/** Data in Base64. */
	binary: StreamEvent;
	subscribed: StreamEvent;
	unsubscribed: StreamEvent;
	presence: StreamEvent;
	refused: StreamEvent;
	closed: StreamEvent;
	/** The stream was interrupted and comes back by itself, unless it has `ended` because the node refuses it for good. */
	error: { ended: boolean };
}

/** An event stream that the tabs of an origin share: one holds it and passes its events on. */
export class SharedEvents implements Emitter<SharedEventsEvents> {
	constructor(url: string | URL, options?: { withCredentials?: boolean; share?: boolean });
	/** Whether this tab holds the stream. */
	readonly leads: boolean;
	readonly lastId: string;
	open(): void;
	close(): void;
	on<K extends keyof SharedEventsEvents>(event: K, listener: (context: SharedEventsEvents[K]) => void): this;
	once<K extends keyof SharedEventsEvents>(event: K, listener: (context: SharedEventsEvents[K]) => void): this;
	off<K extends keyof SharedEventsEvents>(event: K, listener: (context: SharedEventsEvents[K]) => void): this;
}

/** Thrown by `getToken`: the connection or the subscription ends and does not come back. */
export class UnauthorizedError extends Error {
	constructor(message?: string);
}

/** What calls are rejected with. */
export class CommandError extends Error {
	/** Of the server's, or of {@link ErrorCode}. */
	readonly code: number;
	/** Whether the same may succeed later. */
	readonly temporary: boolean;
}

export const Code: Readonly<{ CALLED: 0; UNAUTHORIZED: 1; BAD_PROTOCOL: 2; MESSAGE_SIZE_LIMIT: 3 }>;

export const ErrorCode: Readonly<{
	TIMEOUT: 1;
	TRANSPORT_CLOSED: 2;
	CLIENT_DISCONNECTED: 3;
	CONNECT_TOKEN: 5;
	REFRESH_TOKEN: 6;
	UNSUBSCRIBED: 7;
	SUBSCRIBE_TOKEN: 8;
	SUBSCRIPTION_REFRESH_TOKEN: 9;
	CONNECTION_CLOSED: 11;
}>;

/** The delay before an attempt, in milliseconds: full jitter above the shortest. */
export function backoff(attempt: number, options?: { min?: number; max?: number; random?: () => number }): number;
