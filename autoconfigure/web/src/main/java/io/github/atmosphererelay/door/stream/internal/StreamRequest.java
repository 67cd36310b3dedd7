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

package io.github.atmosphererelay.door.stream.internal;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import io.github.atmosphererelay.door.internal.ChannelPath;
import io.github.atmosphererelay.message.internal.ChannelNames;
import io.github.atmosphererelay.message.internal.QueryParameters;
import jakarta.servlet.http.HttpServletRequest;

/**
 * What a request for a stream asks for.
 *
 * @param channels the channels: that of the path, and those of the query
 * @param wrapped whether messages are sent as JSON objects that name their channel, as
 * they always are for several channels
 * @param presence whether the client wants to be told who is in the channels
 * @param recovering whether the client wants what it has missed
 * @param since the positions after which it has missed everything; without those that it
 * has not sent, or that make no sense
 */
record StreamRequest(List<String> channels, boolean wrapped, boolean presence, boolean recovering,
		PositionVector since) {

	static final String LAST_EVENT_ID = "Last-Event-ID";

	/** The id of an event names a position in each channel, and a header carries it. */
	private static final int MAX_CHANNELS = 32;

	/**
	 * Read a request.
	 * @param request the request
	 * @param doorPath the doors' path
	 * @return what it asks for
	 * @throws IllegalArgumentException if the path or a parameter makes no sense, with a
	 * reason for the client
	 */
	static StreamRequest of(HttpServletRequest request, String doorPath) {
		QueryParameters query = QueryParameters.parse(request.getQueryString());
		if (!query.isComplete()) {
			throw new IllegalArgumentException("the query is not UTF-8");
		}
		Set<String> names = new LinkedHashSet<>();
		names.add(ChannelPath.channel(request, doorPath));
		for (String name : query.all().getOrDefault("channel", new String[0])) {
			names.add(ChannelNames.check(name));
		}
		if (names.size() > MAX_CHANNELS) {
			throw new IllegalArgumentException("a stream has at most " + MAX_CHANNELS + " channels");
		}
		List<String> channels = List.copyOf(names);
		boolean wrapped = channels.size() > 1 || "true".equals(query.get("positions"));
		boolean presence = "true".equals(query.get("presence"));
		// A browser that reconnects sends the header, and repeats the URL with the
		// position of the beginning
		String id = request.getHeader(LAST_EVENT_ID);
		if (id != null && !id.isEmpty()) {
			return new StreamRequest(channels, wrapped, presence, true, lenient(channels, id));
		}
		String since = query.get("since");
		return (since != null && !since.isEmpty())
				? new StreamRequest(channels, wrapped, presence, true, PositionVector.parse(channels, since))
				: new StreamRequest(channels, wrapped, presence, false, PositionVector.of(channels));
	}

	/**
	 * Parse an id that a browser sends by itself. A status would make it give up for
	 * good, so that a client with an id that makes no sense is told that it cannot
	 * recover.
	 */
	private static PositionVector lenient(List<String> channels, String id) {
		try {
			return PositionVector.parse(channels, id);
		}
		catch (IllegalArgumentException ex) {
			return PositionVector.of(channels);
		}
	}

}
