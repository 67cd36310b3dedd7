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

package io.github.atmosphererelay.actuate.internal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.atmosphererelay.group.internal.GroupDescription;
import io.github.atmosphererelay.group.internal.GroupRunner;
import io.github.atmosphererelay.group.internal.GroupRunners;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.jspecify.annotations.Nullable;

/**
 * What operators see of consumer groups, and do about messages that were set aside.
 * Methods that ask the broker block until it has answered.
 */
public final class GroupOperations {

	private static final long TIMEOUT_SECONDS = 10;

	/** A replay waits for the application's handler. */
	private static final long REPLAY_TIMEOUT_SECONDS = 60;

	private final GroupRunners groups;

	/**
	 * Create the operations.
	 * @param groups the groups in which this node takes part
	 */
	public GroupOperations(GroupRunners groups) {
		this.groups = groups;
	}

	List<GroupDescription> describe() {
		return this.groups.all().stream().map(GroupRunner::describe).toList();
	}

	List<SetAsideDescriptor> setAside(long offset, int limit) {
		List<SetAsideDescriptor> found = new ArrayList<>();
		long left = offset;
		for (GroupRunner group : this.groups.all()) {
			long count = await(group.countSetAside(), TIMEOUT_SECONDS);
			if (left >= count) {
				left -= count;
				continue;
			}
			await(group.setAside(left, limit - found.size()), TIMEOUT_SECONDS).stream()
				.map(SetAsideDescriptor::of)
				.forEach(found::add);
			left = 0;
			if (found.size() >= limit) {
				break;
			}
		}
		return found;
	}

	/**
	 * Handle a message again.
	 * @param id the group's name, a colon and the message's id
	 */
	GroupRunner.Replay replay(String id) {
		return await(group(id).replay(message(id)), REPLAY_TIMEOUT_SECONDS);
	}

	boolean discard(String id) {
		return await(group(id).discard(message(id)), TIMEOUT_SECONDS);
	}

	private GroupRunner group(String id) {
		GroupRunner group = this.groups.find(id.substring(0, Math.max(0, id.indexOf(':'))));
		if (group == null) {
			throw ClusterOperations.invalid("this node has no listener in such a group. The id of a message that was"
					+ " set aside is the group's name, a colon and the message's id");
		}
		return group;
	}

	private static UUID message(String id) {
		try {
			return UUID.fromString(id.substring(id.indexOf(':') + 1));
		}
		catch (IllegalArgumentException ex) {
			throw ClusterOperations.invalid("not the id of a message");
		}
	}

	private static <T> T await(CompletableFuture<T> answer, long seconds) {
		try {
			return answer.get(seconds, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted", ex);
		}
		catch (TimeoutException ex) {
			throw new IllegalStateException("There was no answer within " + seconds + " s", ex);
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException("The relay has not answered: " + ex.getCause(), ex.getCause());
		}
	}

	/**
	 * Describes a message that was set aside.
	 *
	 * @param id the group's name, a colon and the message's id
	 * @param group the group's name
	 * @param channel the message's channel
	 * @param position its position
	 * @param time when it was set aside
	 * @param attempts how often it was tried
	 * @param reason why the last attempt failed
	 */
	public record SetAsideDescriptor(String id, String group, String channel, @Nullable Position position, Instant time,
			int attempts, String reason) {

		static SetAsideDescriptor of(SetAsideMessage message) {
			Publication publication = message.publication();
			return new SetAsideDescriptor(message.group() + ":" + publication.id(), message.group(),
					publication.channel(), publication.position(), message.time(), message.attempts(),
					message.reason());
		}

	}

}
