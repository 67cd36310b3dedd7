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

package io.github.atmosphererelay.broadcast.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The recorded channels with buckets in which a node has published recently.
 *
 * @param names the channels' names
 * @param complete whether these are all channels of the time that was asked for
 */
public record RecentChannels(List<String> names, boolean complete) {

	/**
	 * How long a node remembers in which channels it has published.
	 */
	public static final Duration WINDOW = Duration.ofMinutes(10);

	private static final String COMPLETE = "complete";

	private static final int MAX_CHARACTERS = 60_000;

	public RecentChannels {
		names = List.copyOf(names);
	}

	/**
	 * Return the channels as text, for another node: a line for each, and before them one
	 * that says whether they are all. If they are too many, the last ones are left out.
	 * @return the text
	 */
	public String toText() {
		StringBuilder text = new StringBuilder();
		boolean all = this.complete;
		for (String name : this.names) {
			if (text.length() + name.length() > MAX_CHARACTERS) {
				all = false;
				break;
			}
			text.append('\n').append(name);
		}
		return (all ? COMPLETE : "incomplete") + text;
	}

	/**
	 * Read the text of another node.
	 * @param text the text
	 * @return the channels
	 */
	public static RecentChannels of(String text) {
		List<String> lines = text.lines().toList();
		if (lines.isEmpty()) {
			return new RecentChannels(List.of(), false);
		}
		return new RecentChannels(lines.subList(1, lines.size()), lines.get(0).equals(COMPLETE));
	}

	/**
	 * Return the channels of several nodes.
	 * @param nodes the answers of the nodes
	 * @param complete whether all nodes have answered
	 * @return all channels
	 */
	public static RecentChannels merge(List<RecentChannels> nodes, boolean complete) {
		List<String> names = new ArrayList<>();
		boolean all = complete;
		for (RecentChannels node : nodes) {
			names.addAll(node.names());
			all &= node.complete();
		}
		return new RecentChannels(names.stream().distinct().toList(), all);
	}

}
