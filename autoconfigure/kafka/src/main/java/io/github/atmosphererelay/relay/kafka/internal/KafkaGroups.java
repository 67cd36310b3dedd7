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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.relay.SetAsideMessages;
import org.jspecify.annotations.Nullable;

/**
 * The consumer groups of the topic of the logs. A partition is a lane.
 */
final class KafkaGroups implements ConsumerGroups, SetAsideMessages {

	private static final Duration END = Duration.ofSeconds(3);

	private final KafkaClientFactory clients;

	private volatile @Nullable Life life;

	KafkaGroups(KafkaClientFactory clients) {
		this.clients = clients;
	}

	/**
	 * Begin, when the relay starts.
	 * @param settings the relay's settings
	 * @param log returns the topic of the logs, or {@code null} as long as it was not
	 * found
	 * @param questions asks the broker
	 * @param listener has the guards
	 */
	void start(KafkaRelaySettings settings, Supplier<@Nullable KafkaLogLife> log, KafkaGroupMember.Questions questions,
			RelayListener listener) {
		this.life = new Life(settings, log, questions, listener, new KafkaGroupStore(settings, this.clients),
				new CopyOnWriteArrayList<>());
	}

	/**
	 * End all memberships. Blocks for some seconds at most.
	 */
	void stop() {
		Life life = this.life;
		this.life = null;
		if (life == null) {
			return;
		}
		life.members().forEach(KafkaGroupMember::leave);
		long deadline = System.nanoTime() + END.toNanos();
		try {
			for (KafkaGroupMember member : life.members()) {
				member.awaitEnd(Duration.ofNanos(Math.max(1_000_000, deadline - System.nanoTime())));
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		life.store().close();
	}

	@Override
	public GroupMembership join(GroupOptions group, GroupLaneListener listener) {
		Life life = this.life;
		if (life == null) {
			throw new IllegalStateException("The kafka relay is not started");
		}
		KafkaGroupMember member = new KafkaGroupMember(group, listener, life.settings(), this.clients, life.store(),
				life.log(), life.questions(), life.listener().guards().of(Part.LISTENERS));
		life.members().removeIf(KafkaGroupMember::isOver);
		life.members().add(member);
		member.start();
		return member;
	}

	@Override
	public SetAsideMessages setAside() {
		return this;
	}

	private <T extends @Nullable Object> CompletableFuture<T> ask(
			Function<SetAsideMessages, CompletableFuture<T>> question) {
		Life life = this.life;
		return (life != null) ? question.apply(life.store())
				: CompletableFuture.failedFuture(new RelayUnavailableException(KafkaRelay.NAME, null));
	}

	@Override
	public CompletableFuture<Long> count(String group) {
		return ask((store) -> store.count(group));
	}

	@Override
	public CompletableFuture<List<SetAsideMessage>> list(String group, long offset, int limit) {
		return ask((store) -> store.list(group, offset, limit));
	}

	@Override
	public CompletableFuture<@Nullable SetAsideMessage> find(String group, UUID id) {
		return ask((store) -> store.find(group, id));
	}

	@Override
	public CompletableFuture<Boolean> remove(String group, UUID id) {
		return ask((store) -> store.remove(group, id));
	}

	/**
	 * From a start to the next stop.
	 */
	private record Life(KafkaRelaySettings settings, Supplier<@Nullable KafkaLogLife> log,
			KafkaGroupMember.Questions questions, RelayListener listener, KafkaGroupStore store,
			List<KafkaGroupMember> members) {
	}

}
