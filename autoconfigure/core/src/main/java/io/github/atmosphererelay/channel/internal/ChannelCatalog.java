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

package io.github.atmosphererelay.channel.internal;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.message.internal.ChannelNames;
import org.jspecify.annotations.Nullable;

import org.springframework.http.server.PathContainer;

/**
 * The channels that exist, as patterns with their options. If several patterns cover a
 * name, the first one decides. Thread-safe.
 */
public final class ChannelCatalog {

	/**
	 * The maximum number of names whose options are remembered. Clients choose the names,
	 * so the number must be limited. The names are kept in two maps. When the recent map
	 * is full, it replaces the former one. A name in the former map moves to the recent
	 * one with its next use, so that names that are no longer used disappear.
	 */
	static final int MAX_REMEMBERED = 10_000;

	private final List<Entry> configured;

	private final Supplier<List<ChannelOptions>> source;

	private volatile Added added = new Added(List.of(), List.of());

	private volatile Map<String, ChannelOptions> recent = new ConcurrentHashMap<>();

	private volatile Map<String, ChannelOptions> former = Map.of();

	/**
	 * Create a catalog of configured channels.
	 * @param channels the options of each pattern, in order of precedence
	 * @throws IllegalArgumentException if a pattern is invalid
	 */
	public ChannelCatalog(List<ChannelOptions> channels) {
		this(channels, List::of);
	}

	/**
	 * Create a catalog.
	 * @param channels the options of each pattern, in order of precedence
	 * @param source returns further channels, which come after these, for example those
	 * of annotated endpoints, whose beans may need this catalog. Returns an empty list
	 * before they are known, and the same list from then on; called often and by any
	 * thread
	 * @throws IllegalArgumentException if a pattern is invalid
	 */
	public ChannelCatalog(List<ChannelOptions> channels, Supplier<List<ChannelOptions>> source) {
		this.configured = channels.stream().map(Entry::of).toList();
		this.source = source;
	}

	/**
	 * Return all channels that are known now.
	 */
	private List<Entry> entries() {
		List<ChannelOptions> told = this.source.get();
		Added added = this.added;
		if (added.told() != told) {
			added = new Added(told, Stream.concat(this.configured.stream(), told.stream().map(Entry::of)).toList());
			this.added = added;
		}
		return told.isEmpty() ? this.configured : added.entries();
	}

	/**
	 * Find the options of a channel.
	 * @param channel the channel's name
	 * @return the options, or {@code null} if no pattern covers the name
	 */
	public @Nullable ChannelOptions find(String channel) {
		ChannelOptions options = this.recent.get(channel);
		if (options != null) {
			return options;
		}
		options = this.former.get(channel);
		if (options == null) {
			options = match(channel);
		}
		if (options != null && channel.length() <= ChannelNames.MAX_LENGTH) {
			remember(channel, options);
		}
		return options;
	}

	private @Nullable ChannelOptions match(String channel) {
		PathContainer path = ChannelPattern.path(channel);
		for (Entry entry : entries()) {
			if (entry.pattern().matches(path)) {
				return entry.options();
			}
		}
		return null;
	}

	private void remember(String channel, ChannelOptions options) {
		Map<String, ChannelOptions> names = this.recent;
		names.put(channel, options);
		if (names.size() >= MAX_REMEMBERED / 2) {
			synchronized (this) {
				if (this.recent == names) {
					this.former = names;
					this.recent = new ConcurrentHashMap<>();
				}
			}
		}
	}

	/**
	 * Return whether the options of a name are remembered.
	 */
	boolean isRemembered(String channel) {
		return this.recent.containsKey(channel) || this.former.containsKey(channel);
	}

	/**
	 * Return the number of names whose options are remembered.
	 */
	int rememberedCount() {
		return this.recent.size() + this.former.size();
	}

	/**
	 * Return the options of a channel.
	 * @param channel the channel's name
	 * @return the options
	 * @throws UnknownChannelException if no pattern covers the name
	 */
	public ChannelOptions get(String channel) {
		ChannelOptions options = find(channel);
		if (options == null) {
			throw new UnknownChannelException(channel);
		}
		return options;
	}

	/**
	 * Return all options in order of precedence.
	 * @return the options
	 */
	public List<ChannelOptions> all() {
		return entries().stream().map(Entry::options).toList();
	}

	/**
	 * A parsed pattern with its options.
	 */
	private record Entry(ChannelPattern pattern, ChannelOptions options) {

		static Entry of(ChannelOptions options) {
			return new Entry(ChannelPattern.parse(options.pattern()), options);
		}

	}

	/**
	 * The channels that the source has returned, and all channels together.
	 */
	private record Added(List<ChannelOptions> told, List<Entry> entries) {
	}

}
