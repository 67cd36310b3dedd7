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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.List;
import java.util.function.Supplier;

import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.internal.Fanout;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import io.github.atmosphererelay.session.internal.WriterPool;

/**
 * Queues replies and pushes at sessions. Never blocks.
 */
final class ReplySender {

	/** What a message takes in a reply beside itself. */
	private static final int PER_MESSAGE = 32;

	private final InboundStatistics statistics;

	private final WriterPool writers;

	private final Codec codec;

	private final QueueLimits limits;

	ReplySender(InboundStatistics statistics, WriterPool writers, Codec codec, QueueLimits limits) {
		this.statistics = statistics;
		this.writers = writers;
		this.codec = codec;
		// None of them can be left out: who waits for a reply would wait for ever.
		this.limits = new QueueLimits(limits.maxMessages(), limits.maxBytes(), SlowConsumerPolicy.DISCONNECT);
	}

	/**
	 * Count what is refused without a reply.
	 */
	void countRefused(ErrorCode code) {
		this.statistics.countRefused(code);
	}

	/**
	 * Refuse a command, and count that.
	 */
	void refuse(LocalSession session, long id, RequestRefusedException refusal) {
		countRefused(refusal.code());
		error(session, id, refusal);
	}

	/**
	 * Tell why a command was refused, which was counted already.
	 */
	void error(LocalSession session, long id, RequestRefusedException refusal) {
		if (id != 0) {
			send(session, this.codec.encode(id, refusal.code(), refusal.reason()));
		}
	}

	void reply(LocalSession session, long id, Reply reply) {
		send(session, this.codec.encode(id, reply));
	}

	/**
	 * Reply with much. Whoever writes the reply makes it: this may be called under a
	 * lock.
	 * @param size about how many bytes the reply has
	 * @param whenDone called once, when the client's socket has taken the reply or the
	 * session has ended
	 */
	void replyWithMuch(LocalSession session, long id, Reply reply, long size, Runnable whenDone) {
		send(session, OutboundMessage.replay(limited(size), () -> this.codec.encode(id, reply), whenDone));
	}

	/**
	 * Push much, as {@link #replyWithMuch} replies with it.
	 */
	void pushMuch(LocalSession session, Push push, long size, Runnable whenDone) {
		send(session, OutboundMessage.replay(limited(size), () -> this.codec.encode(push), whenDone));
	}

	private static int limited(long size) {
		return (int) Math.min(Integer.MAX_VALUE, size);
	}

	/**
	 * Return about how many bytes messages take in a reply.
	 */
	static long size(List<Publication> publications) {
		long size = PER_MESSAGE;
		for (Publication each : publications) {
			size += each.payload().size() + PER_MESSAGE;
		}
		return size;
	}

	/**
	 * Return how many bytes may wait for a client.
	 */
	long maxBytes() {
		return this.limits.maxBytes();
	}

	/**
	 * Queue a reply whose content is known only when it is written, and may be much.
	 */
	void replyLater(LocalSession session, long id, Supplier<Reply> reply, Runnable whenDone) {
		send(session, OutboundMessage.replay(PER_MESSAGE, () -> this.codec.encode(id, reply.get()), whenDone));
	}

	void push(LocalSession session, Push push) {
		send(session, this.codec.encode(push));
	}

	private void send(LocalSession session, Payload frame) {
		send(session, OutboundMessage.frame(frame));
	}

	private void send(LocalSession session, OutboundMessage message) {
		Fanout fanout = this.writers.fanout(message, this.limits);
		fanout.add(session);
		fanout.send();
	}

}
