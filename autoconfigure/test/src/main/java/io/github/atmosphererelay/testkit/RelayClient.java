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
 * A WebSocket client of one channel, which keeps the messages that it receives and
 * compares them with those that a test expects. Each {@code expect} method continues
 * where the one before has ended, so that an extra message, a missing one and a wrong
 * order are all found:
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
 * Threads: one thread at a time may send and expect; another thread receives. Sending and
 * expecting block until they are done, but not longer than the client's timeout, which is
 * that of the {@link RelayCluster} unless the {@link Builder} sets another one.
 * <p>
 * Errors: an expectation that is not met throws an {@link AssertionError}, whose message
 * lists the received messages.
 * <p>
 * Limits: a client keeps at most a million messages and 64 MB. If it receives more, it is
 * disconnected, and its expectations fail with this reason.
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
	 * Return the channel that the client is subscribed to.
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
	 * Return whether the subscription was degraded when the client had connected: the
	 * broker was unreachable, so that only messages of the client's own node arrived.
	 * @return {@code true} if the broker had not confirmed the subscription
	 */
	public boolean isDegraded() {
		return ready().degraded();
	}

	private Inbox.Ready ready() {
		return Objects.requireNonNull(this.inbox.ready());
	}

	/**
	 * Return whether a client from {@link #reconnect()} gets all messages that it has
	 * missed.
	 * @return whether the node has found all messages that were published since the
	 * client's position
	 */
	public boolean isRecovered() {
		return this.inbox.isRecovered();
	}

	/**
	 * Return the position of the latest message, or the position at which the
	 * subscription has begun if there was no message yet.
	 * @return the position, or {@code null} if the client was made without
	 * {@link Builder#positions()} or the channel is not recorded
	 */
	public @Nullable Position position() {
		return this.inbox.position();
	}

	/**
	 * Send a text message. Returns when it is written to the connection; the node handles
	 * it later.
	 * @param text the message
	 * @return this client
	 * @throws IllegalStateException if the client is not connected, or the message cannot
	 * be written in time
	 */
	public RelayClient send(String text) {
		return send(() -> this.socket.sendText(text, true));
	}

	/**
	 * Send a binary message. Returns when it is written to the connection; the node
	 * handles it later.
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
	 * Blocks until all have been received.
	 * @param texts the messages
	 * @return this client
	 * @throws AssertionError as soon as a different message is received, or after the
	 * timeout
	 */
	public RelayClient expect(String... texts) {
		return expect(Arrays.stream(texts).map(Payload::text).toList());
	}

	/**
	 * Expect binary messages to be the next ones, in this order and with none between
	 * them. Blocks until all have been received.
	 * @param messages the messages
	 * @return this client
	 * @throws AssertionError as soon as a different message is received, or after the
	 * timeout
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
	 * Expect text messages to be the next ones, in any order. Use it for an ephemeral
	 * channel to which several nodes publish, because there is no order between messages
	 * of different nodes. Blocks until all have been received.
	 * @param texts the messages; name a message twice if it is expected twice
	 * @return this client
	 * @throws AssertionError as soon as a different message is received, or after the
	 * timeout
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
	 * Expect a number of messages with any content. Blocks until as many have been
	 * received. Call {@link #expectNothingMore()} to check that there are no more.
	 * @param count the number of messages
	 * @return the messages in the order in which they were received
	 * @throws AssertionError if fewer are received before the timeout
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
	 * Expect one message with any content. Blocks until it has been received.
	 * @return the message
	 * @throws AssertionError if none is received before the timeout
	 */
	public Payload expectMessage() {
		return expectCount(1).get(0);
	}

	/**
	 * Expect that there are no further messages, neither received ones nor ones that are
	 * still on their way. This does not wait for a fixed time. Instead, each node that
	 * can reach the client publishes a fence to the channel, and every message that the
	 * node has published there before arrives before the fence.
	 * <p>
	 * All messages are found that were published before this call, which means that their
	 * receipt is known, or that some client has received them. A message that a client
	 * has just sent may not have been published by its node yet, so first expect what its
	 * sender receives in return. Messages to a user or a session have no order with those
	 * of the channel, so one that is still on its way may be overlooked.
	 * <p>
	 * Clients of this kit do not count fences as messages. Other clients, outbound
	 * interceptors, and the history of a recorded channel do see them.
	 * @return this client
	 * @throws AssertionError if there are more messages, if the fences are not received,
	 * or if the connection has ended, so that nothing could be received
	 * @throws IllegalStateException if no fence can be published, because the channel is
	 * recorded and the broker is unreachable
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
	 * Expect the connection to be ended by the node. Blocks until it has ended.
	 * @return how it has ended
	 * @throws AssertionError if it has not ended before the timeout
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
	 * Return all received messages, whether they were expected or not.
	 * @return the messages in the order in which they were received
	 */
	public List<Payload> received() {
		return this.inbox.messages();
	}

	/**
	 * Break the connection without a close frame, as a network failure does. Does nothing
	 * if it has ended.
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
	 * Break the connection, if it has not ended, and connect to a node again with the
	 * same settings. A client with a {@linkplain #position() position} recovers: it asks
	 * for the messages since that position, and they are its first messages if it
	 * {@linkplain #isRecovered() is recovered}. Blocks like
	 * {@link Builder#connect(String)}.
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
	 * Close the connection with a close frame, as browsers do. Returns at once; does
	 * nothing if it has ended.
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
	 * @param code the close code; 1006 if there was no close frame
	 * @param reason the reason
	 */
	public record Closed(int code, String reason) {

		@Override
		public String toString() {
			return this.reason.isEmpty() ? String.valueOf(this.code) : this.code + " (" + this.reason + ")";
		}

	}

	/**
	 * Builds clients. Not safe for use by many threads; may be used for several clients.
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
		 * Request subprotocols, one of which may carry a token.
		 * @param subprotocols the subprotocols, the preferred one first
		 * @return this builder
		 */
		public Builder subprotocols(String... subprotocols) {
			this.subprotocols = List.of(subprotocols);
			return this;
		}

		/**
		 * Request the positions of messages in a recorded channel, so that
		 * {@link RelayClient#reconnect()} recovers the messages that the client has
		 * missed.
		 * @return this builder
		 */
		public Builder positions() {
			return parameter(ClientSettings.POSITIONS, "true");
		}

		/**
		 * Let the client connect while the broker is unreachable, which takes 2 s.
		 * Without this setting, connecting then fails.
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
		 * node publishes to the channel from then on arrives.
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
