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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.relay.SetAsideMessages;
import io.github.atmosphererelay.relay.jdbc.group.internal.JdbcGroups;
import org.jspecify.annotations.Nullable;

/**
 * The consumer groups of a {@link JdbcRelay} over all of its lives. While the relay is
 * not started, nobody can join.
 */
final class StartedGroups implements ConsumerGroups, SetAsideMessages {

	private final Supplier<@Nullable JdbcGroups> groups;

	private volatile @Nullable Duration inboxRetention;

	StartedGroups(Supplier<@Nullable JdbcGroups> groups) {
		this.groups = groups;
	}

	void keepInbox(Duration retention) {
		this.inboxRetention = retention;
	}

	@Override
	public GroupMembership join(GroupOptions options, GroupLaneListener listener) {
		JdbcGroups groups = this.groups.get();
		if (groups == null) {
			throw new IllegalStateException("The jdbc relay is not started");
		}
		Duration retention = this.inboxRetention;
		if (retention != null) {
			groups.keepInbox(retention);
		}
		return groups.join(options, listener);
	}

	@Override
	public SetAsideMessages setAside() {
		return this;
	}

	@Override
	public CompletableFuture<Long> count(String group) {
		return ask((groups) -> groups.count(group));
	}

	@Override
	public CompletableFuture<List<SetAsideMessage>> list(String group, long offset, int limit) {
		return ask((groups) -> groups.list(group, offset, limit));
	}

	@Override
	public CompletableFuture<@Nullable SetAsideMessage> find(String group, UUID id) {
		return ask((groups) -> groups.find(group, id));
	}

	@Override
	public CompletableFuture<Boolean> remove(String group, UUID id) {
		return ask((groups) -> groups.remove(group, id));
	}

	private <T extends @Nullable Object> CompletableFuture<T> ask(Function<JdbcGroups, CompletableFuture<T>> question) {
		JdbcGroups groups = this.groups.get();
		return (groups != null) ? question.apply(groups)
				: CompletableFuture.failedFuture(new RelayUnavailableException(JdbcRelay.NAME, null));
	}

}
