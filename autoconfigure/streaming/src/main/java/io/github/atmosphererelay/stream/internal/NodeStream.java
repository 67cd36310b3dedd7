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

package io.github.atmosphererelay.stream.internal;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.atmosphererelay.stream.internal.StreamStates.StreamChange;
import io.github.atmosphererelay.stream.internal.StreamStates.ToPartition;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A stream that a session of this node is subscribed to. For any thread, one at a time.
 */
final class NodeStream {

	/** More parts are no snapshot of a stream within the limits. */
	private static final int MAX_PARTS = 10_000;

	/** The characters of the keys that one message names. */
	private static final int MAX_UNCHANGED = 8192;

	private final String id;

	private final StreamStates states;

	private final JsonMapper mapper;

	private final Outlet outlet;

	private final Consumer<String> doubtful;

	/** What subscribers have, which those that come later get first. */
	private final Map<String, StreamChange> current = new HashMap<>();

	/** The parts of snapshots that have arrived so far, by partition. */
	private final Map<Integer, Parts> incomplete = new HashMap<>();

	private StreamDefinition definition;

	/** None if the subscriber begins with nothing, or has got what it did not have. */
	private @Nullable SinceFilter since;

	/**
	 * Create a stream.
	 * @param states what subscribers know: nothing
	 * @param partitioner tells in which partition a key is
	 * @param outlet delivers to the subscribers
	 * @param doubtful is called with the id when something may be missing; does not block
	 */
	NodeStream(String id, StreamDefinition definition, StreamStates states, ToPartition partitioner, JsonMapper mapper,
			Outlet outlet, Consumer<String> doubtful) {
		this.id = id;
		this.definition = definition;
		this.states = states;
		this.mapper = mapper;
		this.outlet = outlet;
		this.doubtful = doubtful;
		StreamPositions positions = definition.since();
		if (positions != null) {
			this.since = new SinceFilter(positions, partitioner);
			for (int i = 0; i < positions.partitions(); i++) {
				states.raise(i, positions.version(i));
			}
		}
	}

	String id() {
		return this.id;
	}

	/**
	 * Return what the members publish for this stream.
	 */
	synchronized Set<InterestId> interests() {
		return interests(this.definition);
	}

	synchronized boolean isOf(String reducer) {
		return this.definition.reducer().equals(reducer);
	}

	private static Set<InterestId> interests(StreamDefinition definition) {
		Variant variant = new Variant(definition.variant(), definition.variant());
		if (definition.selection() instanceof Selection.Matching matching) {
			return Set.of(InterestId.ofQuery(definition.reducer(), matching.query(), variant));
		}
		Set<InterestId> interests = new HashSet<>();
		((Selection.Keys) definition.selection()).keys()
			.forEach((key) -> interests.add(InterestId.ofKey(definition.reducer(), key, variant)));
		return interests;
	}

	private InterestId interest(String key) {
		Variant variant = new Variant(this.definition.variant(), this.definition.variant());
		return (this.definition.selection() instanceof Selection.Matching matching)
				? InterestId.ofQuery(this.definition.reducer(), matching.query(), variant)
				: InterestId.ofKey(this.definition.reducer(), key, variant);
	}

	private boolean has(String key) {
		return !(this.definition.selection() instanceof Selection.Keys named) || named.keys().contains(key);
	}

	/**
	 * Take a change of the stream. Keys that were removed are taken from the subscribers.
	 * @param present returns the stream as it is now, or {@code null} if it was freed:
	 * threads that bring changes may pass each other
	 * @return whether the stream begins
	 */
	synchronized boolean update(Supplier<@Nullable StreamDefinition> present) {
		StreamDefinition definition = present.get();
		if (definition == null) {
			return false;
		}
		boolean begins = definition.begun() && !this.definition.begun();
		this.definition = definition;
		for (StreamChange change : List.copyOf(this.current.values())) {
			if (!has(change.key()) && this.states.deselect(change.key())) {
				deliver(new StreamChange(change.key(), change.version(), null), false);
			}
		}
		return begins;
	}

	synchronized void received(StreamMessage message) {
		if (this.definition.begun() && has(message.key()) && this.states.accept(message)) {
			deliver(new StreamChange(message.key(), message.version(), message.view()), false);
		}
		if (!this.states.doubtful().isEmpty()) {
			this.doubtful.accept(this.id);
		}
	}

	synchronized void received(StreamWire.Part part) {
		if (part.parts() > MAX_PARTS) {
			return;
		}
		Parts parts = this.incomplete.get(part.partition());
		if (parts == null || !parts.id.equals(part.id())) {
			// A later snapshot takes the place of one whose parts were lost
			parts = new Parts(part.id(), new HashMap<>());
			this.incomplete.put(part.partition(), parts);
		}
		parts.arrived.put(part.part(), part);
		if (parts.arrived.size() == part.parts()) {
			this.incomplete.remove(part.partition());
			received(StreamWire.snapshot(List.copyOf(parts.arrived.values()), this::interest));
		}
	}

	private void received(StreamSnapshot snapshot) {
		List<StreamMessage> own = new ArrayList<>();
		for (StreamMessage message : snapshot.messages()) {
			if (has(message.key())) {
				own.add(message);
			}
		}
		// A member that knows the keys from before or after a change tells nothing about
		// keys that are missing
		boolean same = snapshot.selection() == this.definition.selection().fingerprint();
		StreamSnapshot taken = new StreamSnapshot(snapshot.selection(), snapshot.partition(), snapshot.asOf(),
				snapshot.complete() && same, own);
		List<StreamChange> changes = this.states.accept(taken);
		SinceFilter since = this.since;
		if (since == null) {
			changes.forEach((change) -> deliver(change, true));
		}
		else {
			deliver(changes, since);
			if (taken.complete()
					&& since.compared(taken.partition(), TopicGenerations.partitions(taken.asOf().generation()))) {
				this.since = null;
				this.outlet.deliver(this.id, Map.of(), "{\"current\":true}".getBytes(StandardCharsets.UTF_8));
			}
		}
		if (!same) {
			this.doubtful.accept(this.id);
		}
	}

	/**
	 * Deliver what the subscriber does not have, and name the keys that it has.
	 */
	private void deliver(List<StreamChange> changes, SinceFilter since) {
		List<String> unchanged = new ArrayList<>();
		int length = 0;
		for (StreamChange change : changes) {
			if (change.view() == null || !since.has(change.key(), change.version())) {
				deliver(change, true);
				continue;
			}
			this.current.put(change.key(), change);
			unchanged.add(change.key());
			length += change.key().length();
			if (length > MAX_UNCHANGED) {
				deliverUnchanged(unchanged);
				unchanged.clear();
				length = 0;
			}
		}
		if (!unchanged.isEmpty()) {
			deliverUnchanged(unchanged);
		}
	}

	private void deliverUnchanged(List<String> keys) {
		this.outlet.deliver(this.id, Map.of(),
				("{\"unchanged\":" + this.mapper.writeValueAsString(keys) + "}").getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Deliver all that subscribers have: another one has come.
	 */
	synchronized void again() {
		List.copyOf(this.current.values()).forEach((change) -> deliver(change, true));
	}

	private void deliver(StreamChange change, boolean snapshot) {
		byte[] view = change.view();
		if (view != null) {
			this.current.put(change.key(), change);
		}
		else {
			this.current.remove(change.key());
		}
		this.outlet.deliver(this.id,
				Map.of(StreamWire.KEY, change.key(), StreamWire.VERSION, change.version().toString()),
				json(change, view, snapshot));
	}

	private byte[] json(StreamChange change, byte @Nullable [] view, boolean snapshot) {
		StringBuilder json = new StringBuilder(64).append("{\"key\":")
			.append(this.mapper.writeValueAsString(change.key()))
			.append(",\"version\":\"")
			.append(change.version())
			.append('"');
		if (snapshot) {
			json.append(",\"snapshot\":true");
		}
		if (view != null) {
			json.append(",\"view\":").append(new String(view, StandardCharsets.UTF_8));
		}
		else {
			json.append(",\"removed\":true");
		}
		return json.append('}').toString().getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Delivers to the sessions of this node that are subscribed to a stream.
	 */
	@FunctionalInterface
	interface Outlet {

		/**
		 * Deliver a message. Does not block.
		 */
		void deliver(String stream, Map<String, String> headers, byte[] json);

	}

	private record Parts(String id, Map<Integer, StreamWire.Part> arrived) {

	}

}
