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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.function.BiFunction;

import io.github.atmosphererelay.cluster.internal.ClientCommandReceiver.Kind;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import org.jspecify.annotations.Nullable;

/**
 * Carries requests for messages to the nodes of their sessions, and the answers back. A
 * request waits at the node that has received it. Safe for use by many threads; nothing
 * blocks.
 */
final class PollExchange {

	private static final int MAX_STRING = 65_536;

	private static final byte[] KNOWN = { 1 };

	private static final byte[] NOBODY = { 0 };

	/** For an answer that is under way when the time is over. */
	private static final Duration GRACE = Duration.ofSeconds(5);

	private final BiFunction<PollQuestion, PollWaiter, PollResult> sessions;

	private final PollCarriage carriage;

	private final Timers timers;

	private final PollStatistics statistics;

	private final UUID node;

	private final Duration patience;

	/** The requests that wait here for the answers of other nodes. */
	private final Map<UUID, Waiting> waiting = new ConcurrentHashMap<>();

	/**
	 * Create an exchange.
	 * @param sessions hands requests to sessions of this node
	 * @param carriage carries requests to other nodes
	 * @param timers run timeouts
	 * @param settings the times of clients that poll
	 * @param statistics counts what is carried
	 * @param node the id of this node
	 */
	PollExchange(BiFunction<PollQuestion, PollWaiter, PollResult> sessions, PollCarriage carriage, Timers timers,
			PollSettings settings, PollStatistics statistics, UUID node) {
		this.sessions = sessions;
		this.carriage = carriage;
		this.timers = timers;
		this.statistics = statistics;
		this.node = node;
		this.patience = settings.timeout().plus(settings.timeout().dividedBy(4)).plus(GRACE);
	}

	/**
	 * Hand a request to its session.
	 * @param token what the client shows
	 * @param asked the same, as the session needs it
	 * @param waiter the request
	 * @return completes with what has become of it; fails if the node of the session does
	 * not say so in time
	 */
	CompletableFuture<PollResult> poll(PollToken token, PollQuestion asked, PollWaiter waiter) {
		if (token.node().equals(this.node)) {
			return CompletableFuture.completedFuture(this.sessions.apply(asked, waiter));
		}
		UUID id = UUID.randomUUID();
		try {
			this.waiting.put(id, new Waiting(token, waiter,
					this.timers.later(Part.CLIENT_TIMERS, () -> giveUp(id, token), this.patience)));
			waiter.whenGone(() -> take(id));
			this.statistics.carried();
			byte[] question = encode(asked, id);
			return this.carriage
				.carry(token.node(), Kind.POLL, question.length, () -> this.waiting.containsKey(id) ? question : null)
				.handle((answer, failure) -> {
					PollResult result = (answer != null) ? PollResult.of(answer) : PollResult.UNKNOWN;
					if (result == PollResult.TAKEN) {
						return result;
					}
					take(id);
					if (failure != null) {
						throw new IllegalStateException("The node of the session has not answered", failure);
					}
					return result;
				});
		}
		catch (RejectedExecutionException ex) {
			take(id);
			return CompletableFuture.failedFuture(ex);
		}
	}

	/**
	 * The node of the session has gone, or its answer is lost: the client asks again with
	 * the same token.
	 */
	private void giveUp(UUID id, PollToken token) {
		PollWaiter waiter = take(id);
		if (waiter != null) {
			waiter.answer(PollAnswer.of(token, ""));
		}
	}

	/**
	 * Answer the requests that wait for a node that has gone: their clients ask again,
	 * and go on here or elsewhere.
	 */
	void left(UUID node) {
		try {
			// Called on the thread on which other nodes are heard
			this.timers.later(Part.CLIENT_TIMERS, () -> giveUp(node), Duration.ofMillis(1));
		}
		catch (RejectedExecutionException ex) {
			// This node stops
		}
	}

	private void giveUp(UUID node) {
		this.waiting.forEach((id, each) -> {
			if (each.token().node().equals(node)) {
				giveUp(id, each.token());
			}
		});
	}

	private @Nullable PollWaiter take(UUID id) {
		Waiting waiting = this.waiting.remove(id);
		if (waiting == null) {
			return null;
		}
		waiting.end.cancel(false);
		return waiting.waiter;
	}

	private byte[] encode(PollQuestion asked, UUID id) {
		WireWriter out = new WireWriter();
		out.writeId(this.node);
		out.writeId(id);
		out.writeString(asked.key());
		writeOptional(out, asked.user());
		out.writeString(asked.channel());
		out.writeLong(asked.number());
		Position position = asked.position();
		writeOptional(out, (position != null) ? position.epoch() : null);
		out.writeLong((position != null) ? position.offset() : 0);
		out.writeString(asked.trackingId());
		return out.toByteArray();
	}

	/**
	 * Receive a request that another node has carried here.
	 * @return what {@link #poll} reads there
	 */
	byte[] receivePoll(byte[] body) {
		WireReader in = new WireReader(body);
		UUID asker = in.readId();
		UUID id = in.readId();
		String key = in.readString(MAX_STRING);
		String user = readOptional(in);
		String channel = in.readString(MAX_STRING);
		long number = in.readLong();
		String epoch = readOptional(in);
		long offset = in.readLong();
		Position position = (epoch != null) ? new Position(epoch, offset) : null;
		PollQuestion asked = new PollQuestion(key, user, channel, number, position, in.readString(MAX_STRING));
		return this.sessions
			.apply(asked, new CarriedPoll(asker, id, this.carriage, this.timers, this.statistics, this.patience))
			.encoded();
	}

	/**
	 * Receive the answer to a request that waits here.
	 */
	byte[] receiveAnswer(byte[] body) {
		WireReader in = new WireReader(body);
		PollWaiter waiter = take(in.readId());
		int status = in.readInt();
		String token = in.readString(MAX_STRING);
		if (waiter == null) {
			return NOBODY;
		}
		waiter.answer(new PollAnswer(status, token, in.read(in.remaining())));
		return KNOWN;
	}

	private static void writeOptional(WireWriter out, @Nullable String text) {
		out.writeByte((text != null) ? 1 : 0);
		if (text != null) {
			out.writeString(text);
		}
	}

	private static @Nullable String readOptional(WireReader in) {
		return (in.readByte() != 0) ? in.readString(MAX_STRING) : null;
	}

	/**
	 * A request that waits here.
	 *
	 * @param token what the client has shown
	 * @param waiter the request
	 * @param end answers it if nobody else does
	 */
	private record Waiting(PollToken token, PollWaiter waiter, ScheduledFuture<?> end) {
	}

}
