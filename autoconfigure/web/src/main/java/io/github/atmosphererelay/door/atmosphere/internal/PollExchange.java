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

import io.github.atmosphererelay.cluster.internal.ClientCommandReceiver.Kind;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Carries requests for messages to the nodes of their sessions, and the answers back. A
 * request waits at the node that has received it. Safe for use by many threads; nothing
 * blocks.
 */
final class PollExchange {

	private static final Log logger = LogFactory.getLog(PollExchange.class);

	private static final int MAX_STRING = 65_536;

	private static final byte[] KNOWN = { 1 };

	private static final byte[] UNKNOWN = { 0 };

	/** For an answer that is under way when the time is over. */
	private static final Duration GRACE = Duration.ofSeconds(5);

	private final PollSessions sessions;

	private final PollCarrier carrier;

	private final Timers timers;

	private final UUID node;

	private final Duration patience;

	/** The requests that wait here for the answers of other nodes. */
	private final Map<UUID, Waiting> waiting = new ConcurrentHashMap<>();

	PollExchange(PollSessions sessions, PollCarrier carrier, Timers timers, PollSettings settings, UUID node) {
		this.sessions = sessions;
		this.carrier = carrier;
		this.timers = timers;
		this.node = node;
		this.patience = settings.timeout().plus(settings.timeout().dividedBy(4)).plus(GRACE);
	}

	/**
	 * Hand a request to its session.
	 * @param token what the client shows
	 * @param asked the same, as the session needs it
	 * @param waiter the request
	 * @return completes with whether there is such a session of that user; fails if its
	 * node does not say so in time
	 */
	CompletableFuture<Boolean> poll(PollToken token, PollQuestion asked, PollWaiter waiter) {
		if (token.node().equals(this.node)) {
			return CompletableFuture.completedFuture(this.sessions.poll(asked, waiter));
		}
		UUID id = UUID.randomUUID();
		try {
			this.waiting.put(id,
					new Waiting(waiter, this.timers.later(Part.CLIENT_TIMERS, () -> giveUp(id, token), this.patience)));
			waiter.whenGone(() -> take(id));
			return this.carrier.carry(token.node(), Kind.POLL, encode(asked, id)).handle((answer, failure) -> {
				if (answer != null && answer.length == 1 && answer[0] == KNOWN[0]) {
					return true;
				}
				take(id);
				if (failure != null) {
					throw new IllegalStateException("The node of the session has not answered", failure);
				}
				return false;
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
		return this.sessions.poll(asked, (answer) -> carryBack(asker, id, answer)) ? KNOWN : UNKNOWN;
	}

	/**
	 * An answer that does not arrive is sent again when the client asks again.
	 */
	private void carryBack(UUID asker, UUID id, PollAnswer answer) {
		WireWriter out = new WireWriter();
		out.writeId(id);
		out.writeInt(answer.status());
		out.writeString(answer.token());
		byte[] head = out.toByteArray();
		byte[] body = new byte[head.length + answer.body().length];
		System.arraycopy(head, 0, body, 0, head.length);
		System.arraycopy(answer.body(), 0, body, head.length, answer.body().length);
		try {
			this.carrier.carry(asker, Kind.POLL_ANSWER, body).whenComplete((taken, failure) -> {
				if (failure != null) {
					logger.debug("An answer was not carried to the node of its request", failure);
				}
			});
		}
		catch (RuntimeException ex) {
			logger.debug("An answer was not carried to the node of its request", ex);
		}
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
			return UNKNOWN;
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
	 * @param waiter the request
	 * @param end answers it if nobody else does
	 */
	private record Waiting(PollWaiter waiter, ScheduledFuture<?> end) {
	}

}
