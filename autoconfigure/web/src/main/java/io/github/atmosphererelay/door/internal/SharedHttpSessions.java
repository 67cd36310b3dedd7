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

package io.github.atmosphererelay.door.internal;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * HTTP sessions in a store outside the web server, which all nodes share. Safe for use by
 * many threads.
 */
public interface SharedHttpSessions {

	/**
	 * Note that the client of an HTTP session is active, as a request does. Does nothing
	 * if a request or a node has noted it within the interval, or if the HTTP session has
	 * ended. Never brings an HTTP session back that ends at the same time, and never
	 * writes its attributes. Waits for the store.
	 * @param id the id of the HTTP session
	 * @param interval the time between two notes
	 * @return whether there is an HTTP session of this id
	 */
	boolean touch(String id, Duration interval);

	/**
	 * Look up which HTTP sessions have ended or have another id, with few queries for
	 * all. Waits for the store.
	 * @param ids the ids of HTTP sessions
	 * @return the HTTP sessions that have changed; the others go on under their ids
	 */
	Changes changes(Collection<String> ids);

	/**
	 * Return the threads that call {@link #touch}. Does not block.
	 * @return executes tasks, and rejects them if too many are waiting
	 */
	Executor executor();

	/**
	 * What has happened to HTTP sessions.
	 *
	 * @param ended the ids of the HTTP sessions that have ended
	 * @param renamed the new ids of HTTP sessions, by the old ones
	 */
	record Changes(Set<String> ended, Map<String, String> renamed) {
	}

}
