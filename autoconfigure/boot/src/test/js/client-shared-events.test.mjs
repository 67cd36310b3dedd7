// Tabs that share an event stream, with what a browser has for that in small.
// Run with: node --test client-shared-events.test.mjs
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { SharedEvents } from './client.js';

const world = {};

/** The streams that tabs have opened. */
class Source {

	static CLOSED = 2;
	readyState = 1;
	#listeners = new Map();
	#id = '';

	constructor(url) {
		this.url = url;
		world.sources.push(this);
	}

	addEventListener(type, listener) {
		this.#listeners.set(type, listener);
	}

	/** As a browser: an event without an id has that of the one before. */
	event(data, id, type = 'message') {
		this.#id = id ?? this.#id;
		this.#listeners.get(type)({ data, lastEventId: this.#id });
	}

	close() {
		this.readyState = Source.CLOSED;
	}

}

class Channel {

	constructor(name) {
		this.name = name;
		world.channels.add(this);
	}

	postMessage(data) {
		for (const each of world.channels) {
			if (each !== this && each.name === this.name) {
				each.onmessage?.({ data: structuredClone(data) });
			}
		}
	}

	close() {
		world.channels.delete(this);
	}

}

/** One lock of one name. */
const locks = {
	async request(name, { signal }, action) {
		const before = world.lock;
		let release;
		world.lock = new Promise((resolve) => {
			release = resolve;
		});
		await before;
		try {
			signal.throwIfAborted();
			await action();
		}
		finally {
			release();
		}
	}
};

const originals = {};

beforeEach(() => {
	Object.assign(world, { sources: [], channels: new Set(), lock: Promise.resolve() });
	for (const [name, value] of Object.entries({ EventSource: Source, BroadcastChannel: Channel, navigator: { locks },
		location: { href: 'https://example.org/' } })) {
		originals[name] = Object.getOwnPropertyDescriptor(globalThis, name);
		Object.defineProperty(globalThis, name, { value, configurable: true });
	}
});

afterEach(() => {
	for (const [name, descriptor] of Object.entries(originals)) {
		if (descriptor) {
			Object.defineProperty(globalThis, name, descriptor);
		}
		else {
			delete globalThis[name];
		}
	}
});

async function source(number) {
	const deadline = Date.now() + 5_000;
	while (world.sources.length < number) {
		assert.ok(Date.now() < deadline, `no stream ${number}`);
		await new Promise((again) => setTimeout(again, 5));
	}
	return world.sources[number - 1];
}

function tab(url = '/atmosphere/log/a') {
	const events = new SharedEvents(url);
	const got = [];
	events.on('message', ({ data }) => got.push(data));
	events.open();
	return { events, got };
}

test('hands out each message without a position, also after one that has one', async () => {
	const [one, two] = [tab(), tab()];
	const stream = await source(1);
	stream.event('{"channel":"log/a"}', 'e:1', 'subscribed');
	stream.event('to this user', undefined);
	stream.event('recorded', 'e:2');
	stream.event('to this user', undefined);
	stream.event('to this user', undefined);
	for (const { got } of [one, two]) {
		assert.deepEqual(got, ['to this user', 'recorded', 'to this user', 'to this user']);
	}
});

test('hands out each message of an ephemeral channel', async () => {
	const [one, two] = [tab(), tab()];
	const stream = await source(1);
	for (let i = 0; i < 3; i++) {
		stream.event('same');
	}
	one.events.close();
	const next = await source(2);
	next.event('same');
	assert.deepEqual(two.got, ['same', 'same', 'same', 'same']);
});

const recorded = (offset) => JSON.stringify({ channel: 'log/a', epoch: 'e', offset, data: '' });
const other = (offset) => JSON.stringify({ channel: 'log/b', epoch: 'f', offset, data: '' });
const ephemeral = JSON.stringify({ channel: 'chat', data: 'x' });

test('hands out each message of several channels once, of which one is ephemeral', async () => {
	const url = '/atmosphere/log/a?channel=log/b&channel=chat';
	const [one, two] = [tab(url), tab(url)];
	const stream = await source(1);
	stream.event(recorded(1), '12ab~e:1,,');
	stream.event(ephemeral);
	stream.event(ephemeral);
	stream.event(other(1), '12ab~e:1,f:1,');
	stream.event(recorded(2), '12ab~e:2,f:1,');
	one.events.close();
	// What the stream of the next tab repeats may come in another order
	const next = await source(2);
	next.event(recorded(2), '12ab~e:2,,');
	next.event(other(1), '12ab~e:2,f:1,');
	next.event(ephemeral);
	next.event(other(2), '12ab~e:2,f:2,');
	assert.deepEqual(two.got, [recorded(1), ephemeral, ephemeral, other(1), recorded(2), ephemeral, other(2)]);
});

test('keeps the position until the next stream has brought another one', async () => {
	const tabs = [tab(), tab(), tab()];
	(await source(1)).event('a', 'e:1');
	tabs[0].events.close();
	const second = await source(2);
	assert.match(String(second.url), /since=e%3A1/);
	second.event('to this user');
	tabs[1].events.close();
	assert.match(String((await source(3)).url), /since=e%3A1/);
	tabs[2].events.close();
});
