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
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

import io.github.atmosphererelay.cluster.internal.ClientCommandReceiver.Kind;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.internal.WireWriter;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * A request that waits at another node. The answer is sent to that node until it has
 * taken it, or waits no longer. Safe for use by many threads; nothing blocks.
 */
final class CarriedPoll implements PollWaiter {

	private static final Log logger = LogFactory.getLog(CarriedPoll.class);

	/** The time until an answer is sent again that did not arrive. */
	private static final Duration RETRY = Duration.ofSeconds(1);

	private final UUID asker;

	private final UUID id;

	private final PollCarriage carriage;

	private final Timers timers;

	private final PollStatistics statistics;

	private final long end;

	private boolean answered;

	private @Nullable Runnable whenArrived;

	/**
	 * Create a request.
	 * @param asker the id of the node at which it waits
	 * @param id its own id there
	 * @param carriage carries the answer
	 * @param timers run timeouts
	 * @param statistics counts answers that are sent again
	 * @param patience how long it waits there
	 */
	CarriedPoll(UUID asker, UUID id, PollCarriage carriage, Timers timers, PollStatistics statistics,
			Duration patience) {
		this.asker = asker;
		this.id = id;
		this.carriage = carriage;
		this.timers = timers;
		this.statistics = statistics;
		this.end = System.nanoTime() + patience.toNanos();
	}

	@Override
	public void answer(PollAnswer answer) {
		synchronized (this) {
			if (this.answered) {
				return;
			}
			this.answered = true;
		}
		send(answer);
	}

	@Override
	public Duration patience() {
		return Duration.ofNanos(Math.max(0, this.end - System.nanoTime()));
	}

	@Override
	public synchronized void whenArrived(Runnable whenArrived) {
		this.whenArrived = whenArrived;
	}

	private void send(PollAnswer answer) {
		CompletableFuture<byte @Nullable []> carried;
		try {
			carried = this.carriage.carry(this.asker, Kind.POLL_ANSWER, answer.body().length, () -> encode(answer));
		}
		catch (RejectedExecutionException ex) {
			carried = CompletableFuture.failedFuture(ex);
		}
		carried.whenComplete((taken, failure) -> {
			if (failure == null) {
				arrived();
			}
			else {
				sendAgain(answer, failure);
			}
		});
	}

	private void sendAgain(PollAnswer answer, Throwable failure) {
		logger.debug("An answer was not carried to the node of its request", failure);
		if (patience().isZero()) {
			arrived();
			return;
		}
		this.statistics.resent();
		try {
			this.timers.later(Part.CLIENT_TIMERS, () -> send(answer), RETRY);
		}
		catch (RejectedExecutionException ex) {
			// The node stops
		}
	}

	/**
	 * The other node has the answer, has gone, or waits no longer: the client asks again.
	 */
	private void arrived() {
		Runnable whenArrived;
		synchronized (this) {
			whenArrived = this.whenArrived;
			this.whenArrived = null;
		}
		if (whenArrived != null) {
			whenArrived.run();
		}
	}

	private byte[] encode(PollAnswer answer) {
		WireWriter out = new WireWriter();
		out.writeId(this.id);
		out.writeInt(answer.status());
		out.writeString(answer.token());
		byte[] head = out.toByteArray();
		byte[] body = new byte[head.length + answer.body().length];
		System.arraycopy(head, 0, body, 0, head.length);
		System.arraycopy(answer.body(), 0, body, head.length, answer.body().length);
		return body;
	}

}
