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

package io.github.atmosphererelay.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Set;

import io.github.atmosphererelay.message.ChannelNames;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.web.util.ServletRequestPathUtils;

/**
 * What a handshake at the raw door asks for.
 *
 * @param channel the channel's name: the path after the door's, percent-decoded once
 * @param ack whether the client wants a frame once its subscription is confirmed
 * @param presence whether the client wants frames that tell who is in the channel
 */
record RawDoorRequest(String channel, boolean ack, boolean presence) {

	/** First segments that belong to other doors and pages under the same path. */
	private static final Set<String> RESERVED = Set.of("connection", "api", "console", "client.js");

	/**
	 * Read a handshake.
	 * @param request the request
	 * @param doorPath the door's path
	 * @return what it asks for
	 * @throws IllegalArgumentException if the path does not name a channel, with a reason
	 * for the client
	 */
	static RawDoorRequest of(HttpServletRequest request, String doorPath) {
		if (!ServletRequestPathUtils.hasParsedRequestPath(request)) {
			ServletRequestPathUtils.parseAndCache(request);
		}
		String path = ServletRequestPathUtils.getParsedRequestPath(request).pathWithinApplication().value();
		if (!path.startsWith(doorPath + "/")) {
			throw new IllegalArgumentException("the path names no channel");
		}
		String channel = ChannelNames.check(decode(path.substring(doorPath.length() + 1)));
		int slash = channel.indexOf('/');
		String first = (slash >= 0) ? channel.substring(0, slash) : channel;
		if (RESERVED.contains(first)) {
			throw new IllegalArgumentException("'" + first + "' is reserved");
		}
		return new RawDoorRequest(channel, "true".equals(request.getParameter("ack")),
				"true".equals(request.getParameter("presence")));
	}

	/**
	 * Decode percent signs once, strictly: broken escapes and bytes that are no UTF-8
	 * must not end up as some other channel.
	 */
	private static String decode(String encoded) {
		byte[] raw = encoded.getBytes(StandardCharsets.UTF_8);
		ByteBuffer bytes = ByteBuffer.allocate(raw.length);
		for (int i = 0; i < raw.length; i++) {
			if (raw[i] != '%') {
				bytes.put(raw[i]);
				continue;
			}
			int high = (i + 2 <= raw.length - 1) ? Character.digit(raw[i + 1], 16) : -1;
			int low = (i + 2 <= raw.length - 1) ? Character.digit(raw[i + 2], 16) : -1;
			if (high < 0 || low < 0) {
				throw new IllegalArgumentException("the path has a broken percent escape");
			}
			bytes.put((byte) (high * 16 + low));
			i += 2;
		}
		try {
			return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
		}
		catch (CharacterCodingException ex) {
			throw new IllegalArgumentException("the path is not UTF-8");
		}
	}

}
