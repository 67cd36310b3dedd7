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
 * Makes the entries of this node's sessions: what the application says about each member,
 * as far as it can be told to other nodes. For any thread; blocks only as long as the
 * application's attributes do.
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
	boolean asksApplication() {
		return this.attributes != PresenceAttributes.NONE;
	}

	/**
	 * Make the entry of a session, without attributes if they are refused.
	 */
	PresenceEntry entry(LocalSession session, String channel) {
		return entry(session, channel, attributes(session, channel));
	}

	/**
	 * Make an entry of which only the key and the user matter.
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
			refused("Attributes of a member were left out because they are larger than"
					+ " 'atmosphere.presence.max-attribute-size'");
		}
		catch (RuntimeException ex) {
			this.statistics.countRefused();
			if (this.warned.compareAndSet(false, true)) {
				logger.warn("The PresenceAttributes failed, and the member has none; further failures are counted only",
						ex);
			}
		}
		return Map.of();
	}

	/**
	 * Half a surrogate pair has no encoding: other nodes would read something else than
	 * this one remembers, and never agree with it.
	 */
	private static String encodable(String text) {
		return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
	}

	/**
	 * Return whether an entry can be told to other nodes. It is counted if it cannot.
	 */
	boolean isTellable(PresenceEntry entry) {
		boolean fits = PresenceCodec.fits(entry, this.maxMessageBytes);
		if (!fits) {
			refused("A member was left out of presence because its name is too large");
		}
		return fits;
	}

	private void refused(String message) {
		this.statistics.countRefused();
		if (this.warned.compareAndSet(false, true)) {
			logger.warn(message + "; further ones are counted only");
		}
	}

}
