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

package io.github.atmosphererelay.cluster.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.atmosphererelay.delivery.internal.DeliveryListener;
import io.github.atmosphererelay.message.internal.ChannelNames;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Answers how many sessions of this node have accepted the message of an acknowledged
 * broadcast. The message itself is delivered like all others, in order with them. The
 * request for the count may arrive before the message; it then waits for the message.
 */
final class CountedDeliveries implements DeliveryListener {

	private static final int MAX_REMEMBERED = 10_000;

	private static final Log logger = LogFactory.getLog(CountedDeliveries.class);

	private final SessionRegistry registry;

	private final Executor executor;

	private final Map<UUID, Integer> counts = new LinkedHashMap<>();

	private final Map<UUID, List<CompletableFuture<Integer>>> waiting = new LinkedHashMap<>();

	/**
	 * Create an empty count.
	 * @param registry the sessions of this node
	 * @param executor completes requests that had to wait for their message
	 */
	CountedDeliveries(SessionRegistry registry, Executor executor) {
		this.registry = registry;
		this.executor = executor;
	}

	@Override
	public void delivered(UUID message, int sessions) {
		List<CompletableFuture<Integer>> waiting;
		synchronized (this.counts) {
			if (this.counts.size() >= MAX_REMEMBERED) {
				this.counts.remove(this.counts.keySet().iterator().next());
			}
			this.counts.put(message, sessions);
			waiting = this.waiting.remove(message);
		}
		if (waiting != null) {
			answer(waiting, sessions);
		}
	}

	/**
	 * Complete requests on another thread. The caller is delivering a message, and holds
	 * locks that a continuation may need.
	 */
	private void answer(List<CompletableFuture<Integer>> waiting, int sessions) {
		try {
			this.executor.execute(() -> waiting.forEach((each) -> each.complete(sessions)));
		}
		catch (RejectedExecutionException ex) {
			logger.debug("A count of accepted messages is not sent because the node is stopping", ex);
		}
	}

	/**
	 * Return how many sessions have accepted a message, as the body of an answer.
	 */
	CompletableFuture<byte[]> count(WireReader in, int timeoutMillis) {
		UUID message = in.readId();
		String channel = in.readString(4 * ChannelNames.MAX_LENGTH);
		CompletableFuture<Integer> count = new CompletableFuture<>();
		synchronized (this.counts) {
			Integer known = this.counts.get(message);
			if (known == null && this.registry.countInChannel(channel) > 0) {
				this.waiting.computeIfAbsent(message, (id) -> new ArrayList<>(1)).add(count);
			}
			else {
				// A node without sessions in a channel does not receive the channel's
				// messages.
				count.complete((known != null) ? known : 0);
			}
		}
		// Fail a little earlier than the asking node gives up, so that it receives the
		// reason.
		return count.orTimeout(timeoutMillis * 4L / 5, TimeUnit.MILLISECONDS).handle((sessions, ex) -> {
			if (ex != null) {
				forget(message, count);
				throw new IllegalStateException((ex instanceof TimeoutException)
						? "the node did not receive the message in time" : ex.getMessage());
			}
			return SessionCommandHandler.encode(sessions);
		});
	}

	private void forget(UUID message, CompletableFuture<Integer> count) {
		synchronized (this.counts) {
			this.waiting.computeIfPresent(message, (id, waiting) -> {
				waiting.remove(count);
				return waiting.isEmpty() ? null : waiting;
			});
		}
	}

	static byte[] encode(UUID message, String channel) {
		WireWriter out = new WireWriter();
		out.writeId(message);
		out.writeString(channel);
		return out.toByteArray();
	}

}
