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

package io.github.atmosphererelay.testkit;

import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket client in one channel, which keeps what it receives and compares it with
 * what a test expects. Each {@code expect} method goes on where the one before has ended,
 * so that a message too many, a message that is missing and a wrong order all show:
 *
 * <pre class="code">
 * bob.expect("one", "two");
 * bob.expect("three").expectNothingMore();
 * </pre>
 *
 * Frames by which the library answers the client, such as
 * <code>{"type":"error","code":107,...}</code>, count as messages; those that the kit has
 * asked for itself do not.
 * <p>
 * Threads: one thread sends and expects; what comes is kept by another one. Sending and
 * expecting block until it is done, for the client's timeout at most, which is that of
 * the {@link RelayCluster} unless the {@link Builder} says otherwise.
 * <p>
 * Errors: what is not as expected is an {@link AssertionError} whose message lists what
 * came.
 * <p>
 * Bounds: a client keeps a million messages and 64 MB of them; one that receives more is
 * disconnected, and its expectations fail and say so.
 */
public final class RelayClient implements AutoCloseable {

	private final ApplicationNode node;

	private final String channel;

	private final ClientSettings settings;

	private final WebSocket socket;

	private final Inbox inbox;

	private RelayClient(ApplicationNode node, String channel, ClientSettings settings, WebSocket socket, Inbox inbox) {
		this.node = node;
		this.channel = channel;
		this.settings = settings;
		this.socket = socket;
		this.inbox = inbox;
	}

	static RelayClient connect(ApplicationNode node, String channel, ClientSettings settings,
			Map<String, String> parameters) {
		Deadline deadline = Deadline.in(settings.timeout());
		Map<String, String> query = new LinkedHashMap<>(settings.parameters());
		query.putAll(parameters);
		query.put("ack", "true");
		Inbox inbox = new Inbox();
		RelayClient client = new RelayClient(node, channel, settings, Handshake.open(node, channel, settings, query,
				deadline, new FrameReader(inbox, channel, settings.hasPositions())), inbox);
		try {
			client.awaitConfirmation(deadline);
			return client;
		}
		catch (RuntimeException | Error ex) {
			client.disconnect();
			throw ex;
		}
	}

	private void awaitConfirmation(Deadline deadline) {
		Inbox.Ready ready = this.inbox.awaitReady(deadline);
		if (ready == null) {
			throw failure(-1, "its subscription to be confirmed, but " + nothing(deadline));
		}
		if (ready.degraded() && !this.settings.acceptsDegraded()) {
			throw failure(-1, "its subscription to be confirmed by the broker, which has not answered within 2 s: only"
					+ " messages of its node arrive. If that is meant, call acceptDegraded() before connect()");
		}
	}

	/**
	 * Return the node that the client is connected to.
	 * @return the node
	 */
	public ApplicationNode node() {
		return this.node;
	}

	/**
	 * Return the channel that the client is in.
	 * @return the channel's name
	 */
	public String channel() {
		return this.channel;
	}

	/**
	 * Return the id of the client's session, for example for
	 * {@code broadcaster.toSession(id, message)}.
	 * @return the id
	 */
	public String sessionId() {
		return ready().session();
	}

	/**
	 * Return whether only messages of the client's own node arrived when it had
	 * connected, because the broker was away.
	 * @return whether the subscription was not confirmed by the broker
	 */
	public boolean isDegraded() {
		return ready().degraded();
	}

	private Inbox.Ready ready() {
		return Objects.requireNonNull(this.inbox.ready());
	}

	/**
	 * Return whether the client has got all that it had missed, if it comes from
	 * {@link #reconnect()}.
	 * @return whether the node has found all that was published since the client's
	 * position
	 */
	public boolean isRecovered() {
		return this.inbox.isRecovered();
	}

	/**
	 * Return the position of the latest message, or that at which the subscription has
	 * begun.
	 * @return the position, or {@code null} if the client was made without
	 * {@link Builder#positions()} or the channel is not recorded
	 */
	public @Nullable Position position() {
		return this.inbox.position();
	}

	/**
	 * Send a text message. Returns when it is written to the connection; what the node
	 * makes of it comes later.
	 * @param text the message
	 * @return this client
	 * @throws IllegalStateException if the client is not connected, or the message cannot
	 * be written in time
	 */
	public RelayClient send(String text) {
		return send(() -> this.socket.sendText(text, true));
	}

	/**
	 * Send a binary message. Returns when it is written to the connection; what the node
	 * makes of it comes later.
	 * @param bytes the message
	 * @return this client
	 * @throws IllegalStateException if the client is not connected, or the message cannot
	 * be written in time
	 */
	public RelayClient send(byte[] bytes) {
		return send(() -> this.socket.sendBinary(ByteBuffer.wrap(bytes), true));
	}

	private RelayClient send(Supplier<CompletableFuture<WebSocket>> sending) {
		Deadline deadline = Deadline.in(this.settings.timeout());
		Closed closed = this.inbox.closed();
		if (closed != null) {
			throw new IllegalStateException("%s cannot send: its connection has ended with %s".formatted(this, closed));
		}
		try {
			deadline.await(sending.get());
			return this;
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException(this + " cannot send", ex.getCause());
		}
		catch (TimeoutException ex) {
			throw new IllegalStateException("%s could not send within %s".formatted(this, deadline), ex);
		}
	}

	/**
	 * Expect text messages to be the next ones, in this order and with none between them.
	 * Blocks until all have come.
	 * @param texts the messages
	 * @return this client
	 * @throws AssertionError as soon as another message comes, or when the time is up
	 */
	public RelayClient expect(String... texts) {
		return expect(Arrays.stream(texts).map(Payload::text).toList());
	}

	/**
	 * Expect binary messages to be the next ones, in this order and with none between
	 * them. Blocks until all have come.
	 * @param messages the messages
	 * @return this client
	 * @throws AssertionError as soon as another message comes, or when the time is up
	 */
	public RelayClient expectBinary(byte[]... messages) {
		return expect(Arrays.stream(messages).map(Payload::binary).toList());
	}

	private RelayClient expect(List<Payload> messages) {
		Deadline deadline = Deadline.in(this.settings.timeout());
		for (Payload message : messages) {
			int index = this.inbox.expected();
			String expected = "message %d to be %s, but ".formatted(index + 1, Description.of(message));
			Payload actual = this.inbox.next(deadline);
			if (actual == null) {
				throw failure(index, expected + nothing(deadline));
			}
			if (!actual.equals(message)) {
				throw failure(index, expected + "it was " + Description.of(actual));
			}
		}
		return this;
	}

	/**
	 * Expect text messages to be the next ones, in whatever order: those of several nodes
	 * to an ephemeral channel have none among each other. Blocks until as many messages
	 * have come.
	 * @param texts the messages; one that is to come twice is named twice
	 * @return this client
	 * @throws AssertionError as soon as another message comes, or when the time is up
	 */
	public RelayClient expectInAnyOrder(String... texts) {
		Deadline deadline = Deadline.in(this.settings.timeout());
		List<Payload> missing = new ArrayList<>(Arrays.stream(texts).map(Payload::text).toList());
		while (!missing.isEmpty()) {
			int index = this.inbox.expected();
			String expected = "message %d to be one of %s, but ".formatted(index + 1, Description.of(missing));
			Payload actual = this.inbox.next(deadline);
			if (actual == null) {
				throw failure(index, expected + nothing(deadline));
			}
			if (!missing.remove(actual)) {
				throw failure(index, expected + "it was " + Description.of(actual));
			}
		}
		return this;
	}

	/**
	 * Expect a number of messages, whatever they are. Blocks until as many have come.
	 * Whether more come tells {@link #expectNothingMore()}.
	 * @param count how many
	 * @return the messages in the order in which they came
	 * @throws AssertionError if fewer come before the time is up
	 */
	public List<Payload> expectCount(int count) {
		Deadline deadline = Deadline.in(this.settings.timeout());
		List<Payload> messages = new ArrayList<>();
		while (messages.size() < count) {
			Payload message = this.inbox.next(deadline);
			if (message == null) {
				throw failure(-1, "%s more, but %s after %d of them".formatted(Description.count(count),
						nothing(deadline), messages.size()));
			}
			messages.add(message);
		}
		return messages;
	}

	/**
	 * Expect one message, whatever it is. Blocks until it has come.
	 * @return the message
	 * @throws AssertionError if none comes before the time is up
	 */
	public Payload expectMessage() {
		return expectCount(1).get(0);
	}

	/**
	 * Expect that no message has come, or is still on its way, that was not expected.
	 * This does not wait for a time to pass: each node that can reach the client
	 * publishes a fence in the channel, and what was published there before arrives
	 * before the fence. A message counts if it was published before the call: its receipt
	 * is there, or somebody has received it. One that a client has just sent may not have
	 * been taken by its node yet; so first expect what it brings its sender. Messages to
	 * a user or a session do not travel with those of the channel; one that is still on
	 * its way may be overlooked.
	 * <p>
	 * Clients of this kit take fences out of their messages; other clients, interceptors
	 * of outgoing messages, and the history of a recorded channel see them.
	 * @return this client
	 * @throws AssertionError if there are more messages, the fences do not come, or the
	 * connection has ended, so that nothing could come
	 * @throws IllegalStateException if no fence can be published, because the channel is
	 * recorded and the broker is away
	 */
	public RelayClient expectNothingMore() {
		Deadline deadline = Deadline.in(this.settings.timeout());
		boolean fenced = this.inbox.closed() == null
				&& this.inbox.awaitFences(deadline, Fences.publish(this.node, this.channel, deadline));
		int expected = this.inbox.expected();
		int received = this.inbox.messages().size();
		if (received > expected) {
			throw failure(expected, "nothing after message %d, but %s came".formatted(expected,
					Description.count(received - expected)));
		}
		Closed closed = this.inbox.closed();
		if (!fenced && closed != null) {
			throw failure(-1, "nothing more, but could not get more: its connection has ended with " + closed);
		}
		if (!fenced) {
			throw failure(-1, ("nothing more, but cannot tell: a fence was published in its channel, and has not come"
					+ " within %s. An interceptor that changes messages hides it")
				.formatted(deadline));
		}
		return this;
	}

	/**
	 * Expect the node to end the connection. Blocks until it has.
	 * @return how it has ended
	 * @throws AssertionError if it does not before the time is up
	 */
	public Closed expectClosed() {
		Deadline deadline = Deadline.in(this.settings.timeout());
		Closed closed = this.inbox.awaitClosed(deadline);
		if (closed == null) {
			throw failure(-1, "its connection to end, but it is open after " + deadline);
		}
		return closed;
	}

	/**
	 * Return all messages that have come, whether they were expected or not.
	 * @return the messages in the order in which they came
	 */
	public List<Payload> received() {
		return this.inbox.messages();
	}

	/**
	 * End the connection as a network does that breaks: without a word. Does nothing if
	 * it has ended.
	 */
	public void disconnect() {
		this.socket.abort();
		this.inbox.end(new Closed(1006, "the test has disconnected the client"));
		this.node.cluster().forget(this);
	}

	/**
	 * {@linkplain #reconnect(ApplicationNode) Connect} to the same node again.
	 * @return the new client
	 */
	public RelayClient reconnect() {
		return reconnect(this.node);
	}

	/**
	 * End the connection, if it has not ended, and connect to a node again in the same
	 * way. A client with a {@linkplain #position() position} asks for what it has missed
	 * since, and its first messages are those, if it {@linkplain #isRecovered() is
	 * recovered}. Blocks like {@link Builder#connect(String)}.
	 * @param node the node, which may be another one
	 * @return the new client, which has received nothing so far
	 * @throws AssertionError if the subscription is not confirmed in time
	 * @throws ClientRefusedException if the node refuses the client
	 */
	public RelayClient reconnect(ApplicationNode node) {
		disconnect();
		Position position = position();
		return node.connect(this.channel, this.settings,
				(position != null) ? Map.of("since", position.epoch() + ":" + position.offset()) : Map.of());
	}

	/**
	 * Close the connection as browsers do. Returns at once; does nothing if it has ended.
	 */
	@Override
	public void close() {
		if (this.inbox.closed() == null && !this.socket.isOutputClosed()) {
			this.socket.sendClose(WebSocket.NORMAL_CLOSURE, "");
		}
		this.node.cluster().forget(this);
	}

	private String nothing(Deadline deadline) {
		Closed closed = this.inbox.closed();
		return (closed != null) ? "the connection has ended with " + closed : "nothing came within " + deadline;
	}

	private AssertionError failure(int marked, String expected) {
		return new AssertionError(
				"%s expected %s.\n%s".formatted(this, expected, Description.list(this.inbox.messages(), marked)));
	}

	@Override
	public String toString() {
		return "The client in '" + this.channel + "' at " + this.node.name();
	}

	/**
	 * How a connection has ended.
	 *
	 * @param code the code, which is 1006 if there was no farewell
	 * @param reason the reason
	 */
	public record Closed(int code, String reason) {

		@Override
		public String toString() {
			return this.reason.isEmpty() ? String.valueOf(this.code) : this.code + " (" + this.reason + ")";
		}

	}

	/**
	 * Says how a client is to connect. Not safe for use by many threads; may be used for
	 * several clients.
	 */
	public static final class Builder {

		private final ApplicationNode node;

		private final List<Map.Entry<String, String>> headers = new ArrayList<>();

		private final Map<String, String> parameters = new LinkedHashMap<>();

		private List<String> subprotocols = List.of();

		private boolean acceptsDegraded;

		private Duration timeout;

		Builder(ApplicationNode node, Duration timeout) {
			this.node = node;
			this.timeout = timeout;
		}

		/**
		 * Add a header to the handshake, for example {@code Authorization}.
		 * @param name the header's name
		 * @param value the header's value
		 * @return this builder
		 */
		public Builder header(String name, String value) {
			this.headers.add(Map.entry(name, value));
			return this;
		}

		/**
		 * Add a parameter to the query of the handshake, for example {@code presence}.
		 * @param name the parameter's name
		 * @param value the parameter's value
		 * @return this builder
		 */
		public Builder parameter(String name, String value) {
			this.parameters.put(name, value);
			return this;
		}

		/**
		 * Ask for subprotocols, one of which may carry a token.
		 * @param subprotocols the subprotocols, the preferred one first
		 * @return this builder
		 */
		public Builder subprotocols(String... subprotocols) {
			this.subprotocols = List.of(subprotocols);
			return this;
		}

		/**
		 * Have the client know the positions of messages in a recorded channel, so that
		 * {@link RelayClient#reconnect()} gets what it has missed.
		 * @return this builder
		 */
		public Builder positions() {
			return parameter(ClientSettings.POSITIONS, "true");
		}

		/**
		 * Let the client connect while the broker is away, which takes 2 s. Without it,
		 * connecting fails then.
		 * @return this builder
		 */
		public Builder acceptDegraded() {
			this.acceptsDegraded = true;
			return this;
		}

		/**
		 * Set how long the client waits for what it expects.
		 * @param timeout more than 0 and at most an hour; default is the cluster's
		 * @return this builder
		 */
		public Builder timeout(Duration timeout) {
			this.timeout = Deadline.check(timeout);
			return this;
		}

		/**
		 * Connect, and block until the subscription is confirmed: every message that any
		 * node publishes from then on arrives.
		 * @param channel the channel's name, as in Java and not percent-encoded
		 * @return the client
		 * @throws ClientRefusedException if the node refuses the handshake
		 * @throws AssertionError if the subscription is not confirmed in time
		 * @throws IllegalStateException if the node does not answer
		 */
		public RelayClient connect(String channel) {
			return this.node.connect(channel, new ClientSettings(this.headers, this.parameters, this.subprotocols,
					this.acceptsDegraded, this.timeout), Map.of());
		}

	}

}
