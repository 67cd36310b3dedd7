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

package io.github.atmosphererelay.feed.internal;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.Forwarding;
import io.github.atmosphererelay.guard.Guard;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * What all feeds of this process that are redistributed or routed have in common: the
 * back channel, the forwarding, and what redistributors know. Works from its start to its
 * stop, and can be started again.
 */
public final class Redistribution {

	private static final Log logger = LogFactory.getLog(Redistribution.class);

	private static final Duration CENSUS = Duration.ofSeconds(5);

	private final RedistributionSettings settings;

	private final Transports transports;

	private final Supplier<Set<UUID>> alive;

	private volatile @Nullable Running running;

	/**
	 * Create a redistribution.
	 * @param settings the settings
	 * @param transports creates the back channel and the forwarding with each start
	 * @param alive returns the ids of the nodes of the cluster, or an empty set if they
	 * are not known at present
	 */
	public Redistribution(RedistributionSettings settings, Transports transports, Supplier<Set<UUID>> alive) {
		this.settings = settings;
		this.transports = transports;
		this.alive = alive;
	}

	/**
	 * Return the settings.
	 * @return the settings
	 */
	public RedistributionSettings settings() {
		return this.settings;
	}

	/**
	 * Return the name of the back channel.
	 * @return the name, or {@code null} while this is stopped
	 */
	public @Nullable String backChannel() {
		Running running = this.running;
		return (running != null) ? running.backChannel.name() : null;
	}

	/**
	 * Return the name of the forwarding.
	 * @return the name, or {@code null} while this is stopped
	 */
	public @Nullable String forwarding() {
		Running running = this.running;
		return (running != null) ? running.forwarding.name() : null;
	}

	void start(UUID node, Guard guard) {
		Running running = new Running(node, guard, this.transports.backChannel(node, guard),
				this.transports.forwarding(node, guard));
		this.running = running;
		running.start();
	}

	void stop() {
		Running running = this.running;
		this.running = null;
		if (running != null) {
			running.stop();
		}
	}

	/**
	 * Create what brings the records of a feed to this node, and redistributes them if
	 * that is the role of this process.
	 */
	FeedInput input(FeedRun run) {
		return Objects.requireNonNull(this.running, "Redistribution has not started").input(run);
	}

	/**
	 * Forget a node that has left the cluster: what it wants, and what waits for it.
	 * @param node the node's id
	 */
	public void left(UUID node) {
		Running running = this.running;
		if (running != null) {
			running.left(node);
		}
	}

	/**
	 * Return the nodes that want something, as far as this process knows as a
	 * redistributor.
	 * @return the ids of nodes
	 */
	public Set<UUID> interestedNodes() {
		Running running = this.running;
		return (running != null) ? running.table.nodes() : Set.of();
	}

	/**
	 * Return how many channels of a feed each node wants, as far as this process knows as
	 * a redistributor.
	 * @param feed the feed's name
	 * @return the number of channels by the node's id
	 */
	public Map<UUID, Integer> interest(String feed) {
		Running running = this.running;
		return (running != null) ? running.table.feed(feed).nodes() : Map.of();
	}

	/**
	 * Creates what connects redistributors with nodes.
	 */
	public interface Transports {

		/**
		 * Create a back channel, or return that of the application.
		 * @param node the id of this node
		 * @param guard keeps loops alive
		 * @return the back channel
		 */
		BackChannel backChannel(UUID node, Guard guard);

		/**
		 * Create a forwarding, or return that of the application.
		 * @param node the id of this node
		 * @param guard keeps loops alive
		 * @return the forwarding
		 */
		Forwarding forwarding(UUID node, Guard guard);

	}

	/**
	 * Redistribution between its start and its stop.
	 */
	private final class Running {

		private final UUID node;

		private final Guard guard;

		private final BackChannel backChannel;

		private final Forwarding forwarding;

		private final InterestTable table = new InterestTable();

		private final Map<String, SharedInput> inputs = new ConcurrentHashMap<>();

		private final CompletableFuture<@Nullable Void> receiving = new CompletableFuture<>();

		private final CompletableFuture<@Nullable Void> listening = new CompletableFuture<>();

		private final RetryLoop census;

		private boolean receives;

		Running(UUID node, Guard guard, BackChannel backChannel, Forwarding forwarding) {
			this.node = node;
			this.guard = guard;
			this.backChannel = backChannel;
			this.forwarding = forwarding;
			this.census = new RetryLoop("feed-census", this::lookForGoneNodes, guard::failed);
		}

		void start() {
			if (Redistribution.this.settings.redistributes()) {
				this.listening.thenRun(this.census::start);
				follow(this.backChannel.listen(this.table), this.listening, "It is not known what nodes want of feeds");
			}
			if (Redistribution.this.settings.receives()) {
				receive();
			}
		}

		private void lookForGoneNodes() throws InterruptedException {
			GoneNodes gone = new GoneNodes(this.table::nodes, Redistribution.this.alive, this::left);
			while (this.census.pause(CENSUS)) {
				gone.look(System.nanoTime());
			}
		}

		synchronized void receive() {
			if (!this.receives) {
				this.receives = true;
				follow(this.forwarding.receive(this.node, this::received), this.receiving,
						"What redistributors send does not arrive");
			}
		}

		private void follow(CompletableFuture<@Nullable Void> from, CompletableFuture<@Nullable Void> to, String what) {
			from.whenComplete((nothing, ex) -> {
				if (ex == null) {
					to.complete(null);
				}
				else {
					logger.warn(what + ": " + ex);
					to.completeExceptionally(ex);
				}
			});
		}

		private void received(List<ForwardedRange> ranges) {
			for (ForwardedRange range : ranges) {
				SharedInput input = this.inputs.get(range.feed());
				if (input != null) {
					this.guard.run(() -> input.take(range));
				}
			}
		}

		private CompletableFuture<@Nullable Void> send(UUID to, List<ForwardedRange> ranges) {
			if (to.equals(this.node)) {
				received(ranges);
				return CompletableFuture.completedFuture(null);
			}
			return this.forwarding.send(to, ranges);
		}

		FeedInput input(FeedRun run) {
			String feed = run.settings().name();
			boolean routed = run.settings().isRouted();
			InterestPublisher publisher = new InterestPublisher(feed, this.node, this.backChannel,
					run.statistics().forwarding(), routed);
			SharedInput input = new SharedInput(run, publisher, this.receiving);
			this.inputs.put(feed, input);
			FeedInterest interest = this.table.feed(feed);
			if (routed) {
				// Each node tells clients where to go
				interest.includeIdle();
			}
			RedistributionSettings settings = Redistribution.this.settings;
			boolean redistributes = settings.redistributes() && (!routed || settings.serves());
			Redistributor redistributor = redistributes
					? new Redistributor(run, settings.group(feed), interest, this.listening, this::send) : null;
			return new RedistributedInput(input, redistributor, this::receive);
		}

		void left(UUID id) {
			if (id.equals(this.node)) {
				return;
			}
			this.inputs.values().forEach((input) -> input.left(id));
			this.guard.run(() -> this.forwarding.forget(id));
			if (Redistribution.this.settings.redistributes()) {
				this.guard.run(() -> this.backChannel.forget(id));
			}
		}

		void stop() {
			this.census.stop(() -> {
			});
			if (this.receives) {
				try {
					this.backChannel.forget(this.node).get(1, TimeUnit.SECONDS);
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
				catch (ExecutionException | TimeoutException ex) {
					logger.debug("This node leaves without taking back what it wants", ex);
				}
			}
			this.guard.run(this.forwarding::stop);
			this.guard.run(this.backChannel::stop);
		}

	}

}
