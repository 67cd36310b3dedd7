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

package io.github.atmosphererelay.listening.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import io.github.atmosphererelay.broadcast.internal.RecentChannels;
import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.node.internal.NodeFixture;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Receipt;

import static org.awaitility.Awaitility.await;

/**
 * A node with subscribers of the application.
 */
final class ListeningFixture implements AutoCloseable {

	final NodeFixture fixture;

	final MessagingNode node;

	final ListeningStatistics statistics = new ListeningStatistics();

	final DefaultChannelSubscriber subscriber;

	/** What other nodes answer. */
	Function<Duration, RecentChannels> recent = (age) -> new RecentChannels(List.of(), true);

	/** The nodes that answer. */
	Set<UUID> answering = Set.of(new UUID(1, 1));

	ListeningFixture(ClusterRelay relay) {
		this.fixture = new NodeFixture(relay);
		this.node = this.fixture.node;
		this.subscriber = new DefaultChannelSubscriber(this.node.catalog(),
				new ListeningContext(this.node.futures(), this.node.timers(), this.node.taps(), this.node.interest(),
						this.node.followers(), this.node.logs(), this::recent, this.statistics));
	}

	private CompletableFuture<RecentAnswers> recent(Duration age) {
		return CompletableFuture.completedFuture(new RecentAnswers(this.recent.apply(age), this.answering));
	}

	ListeningFixture start() {
		this.fixture.start();
		await().until(() -> this.node.monitor().isUp());
		this.subscriber.start();
		return this;
	}

	CollectingSubscriber listen(String channel) {
		return listen(channel, ListenOptions.fromNow(), new CollectingSubscriber(Long.MAX_VALUE));
	}

	CollectingSubscriber listen(String channel, ListenOptions options, CollectingSubscriber collecting) {
		this.subscriber.publisher(channel, options).subscribe(collecting);
		return collecting;
	}

	Receipt publish(String channel, String text) {
		return this.node.broadcaster().broadcast(channel, text).orTimeout(5, TimeUnit.SECONDS).join();
	}

	/**
	 * Publish {@code count} texts, from {@code first} on.
	 * @return the texts
	 */
	List<String> publish(String channel, int first, int count) {
		List<String> texts = new ArrayList<>();
		for (int i = first; i < first + count; i++) {
			texts.add(Integer.toString(i));
			publish(channel, Integer.toString(i));
		}
		return texts;
	}

	Position end(String channel) {
		return this.node.broadcaster().position(channel).orTimeout(5, TimeUnit.SECONDS).join();
	}

	boolean follows(String channel) {
		return this.node.interest().follows(new Address.Channel(channel));
	}

	void stop() {
		this.subscriber.stop(Duration.ofSeconds(2));
		this.node.stop();
	}

	@Override
	public void close() {
		this.subscriber.stop(Duration.ofSeconds(2));
		this.fixture.close();
	}

}
