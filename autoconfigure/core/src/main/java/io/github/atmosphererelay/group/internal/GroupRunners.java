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

package io.github.atmosphererelay.group.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.jspecify.annotations.Nullable;

/**
 * The groups in which this node takes part. For any thread.
 */
public final class GroupRunners {

	private final List<GroupRunner> runners = new CopyOnWriteArrayList<>();

	/**
	 * Add a group, before the first start.
	 * @param runner the group
	 */
	public void add(GroupRunner runner) {
		this.runners.add(runner);
	}

	/**
	 * Return all groups, in the order of their names: that in which the methods of a bean
	 * are found differs from one start to the next.
	 * @return the groups
	 */
	public List<GroupRunner> all() {
		return this.runners.stream().sorted(Comparator.comparing(GroupRunner::name)).toList();
	}

	/**
	 * Find a group.
	 * @param name the group's name
	 * @return the group, or {@code null} if this node has no listener in it
	 */
	public @Nullable GroupRunner find(String name) {
		return this.runners.stream().filter((runner) -> runner.name().equals(name)).findFirst().orElse(null);
	}

	/**
	 * Join all groups.
	 */
	public void start() {
		this.runners.forEach(GroupRunner::start);
	}

	/**
	 * Leave all groups. Waits for messages that are being handled, for all groups
	 * together no longer than one may wait.
	 */
	public void stop() {
		this.runners.forEach(GroupRunner::release);
		List<Runnable> stops = new ArrayList<>();
		for (GroupRunner runner : this.runners) {
			long deadline = runner.deadline();
			stops.add(() -> runner.stop(deadline));
		}
		stops.forEach(Runnable::run);
	}

}
