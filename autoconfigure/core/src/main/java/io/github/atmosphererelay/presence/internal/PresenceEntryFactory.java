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

package io.github.atmosphererelay.presence.internal;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.presence.PresenceAttributes;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Creates the presence entries of this node's sessions, with the attributes that the
 * application supplies. For any thread; blocks only as long as the application's
 * {@link PresenceAttributes} do.
 */
final class PresenceEntryFactory {

	private static final Log logger = LogFactory.getLog(PresenceEntryFactory.class);

	private final PresenceAttributes attributes;

	private final int maxAttributeBytes;

	private final int maxMessageBytes;

	private final PresenceStatistics statistics;

	private final AtomicBoolean warned = new AtomicBoolean();

	PresenceEntryFactory(PresenceAttributes attributes, int maxAttributeBytes, int maxMessageBytes,
			PresenceStatistics statistics) {
		this.attributes = attributes;
		this.maxAttributeBytes = maxAttributeBytes;
		this.maxMessageBytes = maxMessageBytes;
		this.statistics = statistics;
	}

	/**
	 * Return whether {@link #entry} calls the application.
	 */
	boolean callsApplication() {
		return this.attributes != PresenceAttributes.NONE;
	}

	/**
	 * Create the entry of a session. The entry has no attributes if the application fails
	 * to supply them or if they are too large.
	 */
	PresenceEntry entry(LocalSession session, String channel) {
		return entry(session, channel, attributes(session, channel));
	}

	/**
	 * Create an entry without attributes, for callers that use only its key and its user.
	 */
	static PresenceEntry bare(LocalSession session, String channel) {
		return entry(session, channel, Map.of());
	}

	private static PresenceEntry entry(LocalSession session, String channel, Map<String, String> attributes) {
		return new PresenceEntry(channel, session.id(),
				(session.principal() != null) ? encodable(session.principal().getName()) : null, attributes,
				System.currentTimeMillis());
	}

	private Map<String, String> attributes(LocalSession session, String channel) {
		try {
			Map<String, String> attributes = this.attributes.attributes(session, channel);
			if (PresenceCodec.sizeOf(attributes) <= this.maxAttributeBytes) {
				Map<String, String> copy = new LinkedHashMap<>();
				attributes.forEach((name, value) -> copy.put(encodable(name), encodable(value)));
				return Map.copyOf(copy);
			}
			refused("The attributes of a member are larger than 'atmosphere.presence.max-attribute-size' allows. The"
					+ " member is shown without attributes. Return less from PresenceAttributes, or raise the"
					+ " property");
		}
		catch (RuntimeException ex) {
			this.statistics.countRefused();
			if (this.warned.compareAndSet(false, true)) {
				logger.warn("The PresenceAttributes bean threw an exception. The member is shown without attributes."
						+ " Correct the bean; further failures are not logged, only counted in"
						+ " 'atmosphere.presence.refused'", ex);
			}
		}
		return Map.of();
	}

	/**
	 * Replace what UTF-8 cannot encode, such as one half of a surrogate pair. Otherwise
	 * other nodes would decode a different string than this node holds, and the digests
	 * of the nodes would never match.
	 */
	private static String encodable(String text) {
		return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
	}

	/**
	 * Return whether an entry fits into a message to other nodes. An entry that does not
	 * fit is counted.
	 */
	boolean fitsIntoMessage(PresenceEntry entry) {
		boolean fits = PresenceCodec.fits(entry, this.maxMessageBytes);
		if (!fits) {
			refused("A session is not shown in presence, because its user's name, its attributes and its channel's name"
					+ " together do not fit into a message between nodes, which has at most 48 KB and less than"
					+ " 'atmosphere.relay.max-message-size'. Shorten them");
		}
		return fits;
	}

	private void refused(String message) {
		this.statistics.countRefused();
		if (this.warned.compareAndSet(false, true)) {
			logger.warn(message + ". Further cases are not logged, only counted in 'atmosphere.presence.refused'");
		}
	}

}
