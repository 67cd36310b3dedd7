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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.cluster.ClusterAnswers;
import io.github.atmosphererelay.cluster.TooManyRequestsException;
import io.github.atmosphererelay.cluster.internal.CommandMessage.Operation;
import io.github.atmosphererelay.cluster.internal.CommandMessage.Status;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to nodes and collects the answers. A request is answered by the nodes
 * that are known when it is sent. It completes when all of them have answered or left, or
 * when its timeout has passed. No method blocks.
 */
final class ClusterRequester implements MembershipListener {

	private static final int MAX_PENDING = 1_000;

	private final UUID self;

	private final RelayMonitor monitor;

	private final Timers timers;

	private final Membership membership;

	private final ClusterLink link;

	private final CommandExecutor executor;

	private final int maxMessageSize;

	private final ClusterStatistics statistics;

	private final Map<Long, Pending<?>> pending = new ConcurrentHashMap<>();

	ClusterRequester(UUID self, RelayMonitor monitor, Timers timers, Membership membership, ClusterLink link,
			CommandExecutor executor, int maxMessageSize, ClusterStatistics statistics) {
		this.self = self;
		this.monitor = monitor;
		this.timers = timers;
		this.membership = membership;
		this.link = link;
		this.executor = executor;
		this.maxMessageSize = maxMessageSize;
		this.statistics = statistics;
	}

	/**
	 * Send a request to all nodes, including this one.
	 */
	<T> CompletableFuture<ClusterAnswers<T>> askAll(Operation operation, byte[] body, Duration timeout,
			Function<WireReader, T> reader) {
		return ask(null, operation, body, timeout, reader);
	}

	/**
	 * Send a request to one node, which may be this one. A node that is not in the
	 * cluster counts as unanswered.
	 */
	<T> CompletableFuture<ClusterAnswers<T>> askOne(UUID target, Operation operation, byte[] body, Duration timeout,
			Function<WireReader, T> reader) {
		return ask(target, operation, body, timeout, reader);
	}

	/**
	 * Check whether a request can be sent now.
	 * @return the exception with which the request must fail, or {@code null} if it can
	 * be sent
	 */
	@Nullable TooManyRequestsException check(Duration timeout) {
		if (timeout.isNegative() || timeout.isZero()) {
			throw new IllegalArgumentException("'timeout' must be positive");
		}
		return (this.pending.size() >= MAX_PENDING) ? new TooManyRequestsException(MAX_PENDING) : null;
	}

	private <T> CompletableFuture<ClusterAnswers<T>> ask(@Nullable UUID target, Operation operation, byte[] body,
			Duration timeout, Function<WireReader, T> reader) {
		TooManyRequestsException full = check(timeout);
		if (body.length + CommandMessage.OVERHEAD > this.maxMessageSize) {
			return CompletableFuture.failedFuture(new MessageTooLargeException(body.length, this.maxMessageSize));
		}
		if (full != null) {
			return CompletableFuture.failedFuture(full);
		}
		UUID self = this.self;
		Set<UUID> others = new HashSet<>(this.membership.others());
		if (target != null) {
			others.retainAll(Set.of(target));
		}
		Set<UUID> expected = new HashSet<>(others);
		expected.add((target != null) ? target : self);
		Pending<T> request = new Pending<>(expected, reader);
		this.pending.put(request.number, request);
		try {
			request.timeout = this.timers.later(Part.CLUSTER_REQUESTS, request::end, timeout);
		}
		catch (RejectedExecutionException ex) {
			// The application is being closed, so no timer would end the request.
			request.end();
			return request.result;
		}
		CommandMessage message = CommandMessage.request(request.number, operation,
				(int) Math.min(Integer.MAX_VALUE, Math.max(1, timeout.toMillis())), body);
		if (target == null || !others.isEmpty()) {
			// Send to all even if no other node is known, as just after the start.
			send(message, target, request, others);
		}
		if (expected.contains(self)) {
			this.executor.execute(self, message, (status, answer) -> request.answered(self, status, answer));
		}
		if (target != null && others.isEmpty() && !target.equals(self)) {
			request.giveUp(expected);
		}
		return request.result;
	}

	private void send(CommandMessage message, @Nullable UUID target, Pending<?> request, Set<UUID> others) {
		if (!this.monitor.isUp() || this.membership.isFrozen()) {
			// A node that does not receive its own messages is not received by others
			// either, or only after the request has timed out.
			request.giveUp(others);
			return;
		}
		byte[] encoded = message.encode();
		((target != null) ? this.link.sendTo(target, encoded) : this.link.sendToAll(encoded))
			.whenComplete((receipt, ex) -> {
				if (ex != null) {
					request.giveUp(others);
				}
			});
	}

	/**
	 * Receive an answer. Called on the relay's receive thread.
	 */
	void answered(UUID origin, CommandMessage message) {
		Pending<?> request = this.pending.get(message.request());
		if (request != null && message.status() != null) {
			request.answered(origin, message.status(), message.body());
		}
	}

	@Override
	public void joined(UUID node) {
		// A request goes to the nodes that are known when it is sent, not to nodes that
		// join later.
	}

	@Override
	public void left(UUID node) {
		this.pending.values().forEach((request) -> request.giveUp(Set.of(node)));
	}

	/**
	 * Complete all requests with the answers that have arrived.
	 */
	void stop() {
		new ArrayList<>(this.pending.values()).forEach(Pending::end);
	}

	/**
	 * A request that waits for answers.
	 */
	private final class Pending<T> {

		/**
		 * Random, so that a late answer to a request of an earlier start of this node is
		 * not taken for an answer to this one.
		 */
		private final long number = ThreadLocalRandom.current().nextLong();

		private final Function<WireReader, T> reader;

		private final CompletableFuture<ClusterAnswers<T>> result = new CompletableFuture<>();

		private final Map<UUID, T> answers = new HashMap<>();

		private final Map<UUID, String> failed = new HashMap<>();

		/** Nodes that may still answer. */
		private final Set<UUID> awaited;

		/** Nodes that have not answered. */
		private final Set<UUID> unanswered;

		private volatile @Nullable ScheduledFuture<?> timeout;

		private boolean ended;

		Pending(Set<UUID> expected, Function<WireReader, T> reader) {
			this.awaited = new HashSet<>(expected);
			this.unanswered = new HashSet<>(expected);
			this.reader = reader;
		}

		private void answered(UUID origin, Status status, byte[] body) {
			T answer = (status == Status.DONE) ? this.reader.apply(new WireReader(body)) : null;
			synchronized (this) {
				if (this.ended) {
					return;
				}
				this.unanswered.remove(origin);
				this.awaited.remove(origin);
				if (answer != null) {
					this.answers.put(origin, answer);
				}
				else {
					this.failed.put(origin, new String(body, StandardCharsets.UTF_8));
				}
			}
			endIfComplete();
		}

		private void giveUp(Collection<UUID> nodes) {
			synchronized (this) {
				if (!this.awaited.removeAll(nodes)) {
					return;
				}
			}
			endIfComplete();
		}

		private void endIfComplete() {
			boolean complete;
			synchronized (this) {
				complete = this.awaited.isEmpty();
			}
			if (complete) {
				end();
			}
		}

		private void end() {
			ClusterAnswers<T> gathered;
			synchronized (this) {
				if (this.ended) {
					return;
				}
				this.ended = true;
				gathered = new ClusterAnswers<>(this.answers, this.failed, this.unanswered);
			}
			ClusterRequester.this.pending.remove(this.number);
			ScheduledFuture<?> timeout = this.timeout;
			if (timeout != null) {
				timeout.cancel(false);
			}
			ClusterRequester.this.statistics.countUnanswered(gathered.unanswered().size());
			// Applications get another future, whose continuations run on other threads;
			// see DefaultCluster.
			this.result.complete(gathered);
		}

	}

}
