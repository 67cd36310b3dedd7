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

package io.github.atmosphererelay.routing.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Which sockets at other nodes depend on which HTTP session of this node. Bounded: a link
 * that does not fit any more ends its socket, whose client connects again. For any
 * thread.
 */
final class TicketLinks {

	static final int MAX_PER_HTTP_SESSION = 100;

	private static final int MAX_LINKS = 100_000;

	private final Consumer<Link> ends;

	/**
	 * The links by HTTP session, the one used the longest ago first. Guarded by itself.
	 */
	private final Map<String, Deque<Link>> byHttpSession = new LinkedHashMap<>();

	private int count;

	/**
	 * Create links.
	 * @param ends ends a socket; must not block
	 */
	TicketLinks(Consumer<Link> ends) {
		this.ends = ends;
	}

	void add(String httpSession, Link link) {
		List<Link> dropped = new ArrayList<>();
		synchronized (this.byHttpSession) {
			Deque<Link> links = this.byHttpSession.remove(httpSession);
			if (links == null) {
				links = new ArrayDeque<>(2);
			}
			links.add(link);
			this.count++;
			if (links.size() > MAX_PER_HTTP_SESSION) {
				dropped.add(links.remove());
				this.count--;
			}
			this.byHttpSession.put(httpSession, links);
			while (this.count > MAX_LINKS) {
				String oldest = this.byHttpSession.keySet().iterator().next();
				dropped.addAll(remove(oldest));
			}
		}
		dropped.forEach(this.ends);
	}

	void ended(String httpSession) {
		List<Link> links;
		synchronized (this.byHttpSession) {
			links = remove(httpSession);
		}
		links.forEach(this.ends);
	}

	void renamed(String before, String now) {
		synchronized (this.byHttpSession) {
			Deque<Link> links = this.byHttpSession.remove(before);
			if (links != null) {
				this.byHttpSession.computeIfAbsent(now, (same) -> new ArrayDeque<>(2)).addAll(links);
			}
		}
	}

	private List<Link> remove(String httpSession) {
		Deque<Link> links = this.byHttpSession.remove(httpSession);
		if (links == null) {
			return List.of();
		}
		this.count -= links.size();
		return List.copyOf(links);
	}

	/**
	 * A socket that was opened with a ticket.
	 *
	 * @param node the node at which it was opened
	 * @param ticket the ticket
	 */
	record Link(UUID node, String ticket) {
	}

}
