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

import java.util.Locale;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonValue;
import org.jspecify.annotations.Nullable;

/**
 * The rule for who may do something with a channel. As text it is {@code anyone},
 * {@code authenticated}, {@code none}, or an authority such as {@code ROLE_OPS}. An
 * authority that consists of lower-case letters and dashes only, such as {@code admin},
 * is written {@code authority:admin}, because otherwise a misspelt word such as
 * {@code authentcated} would be taken for an authority.
 *
 * @param kind the kind of rule
 * @param authority the authority that clients need, or {@code null} for other kinds of
 * rules
 */
public record ChannelAccess(Kind kind, @Nullable String authority) {

	/**
	 * Every client.
	 */
	public static final ChannelAccess ANYONE = new ChannelAccess(Kind.ANYONE, null);

	/**
	 * Clients whose handshake had a principal, or that have sent a token.
	 */
	public static final ChannelAccess AUTHENTICATED = new ChannelAccess(Kind.AUTHENTICATED, null);

	/**
	 * No client.
	 */
	public static final ChannelAccess NONE = new ChannelAccess(Kind.NONE, null);

	private static final String PREFIX = "authority:";

	public ChannelAccess {
		Objects.requireNonNull(kind, "'kind' must not be null");
		if ((kind == Kind.AUTHORITY) != (authority != null)) {
			throw new IllegalArgumentException("'authority' must be set if and only if the kind is AUTHORITY");
		}
		if (authority != null && authority.isBlank()) {
			throw new IllegalArgumentException("'authority' must not be blank");
		}
	}

	/**
	 * Return the rule for clients that have an authority.
	 * @param authority the authority as in Spring Security; for the role {@code OPS} it
	 * is {@code ROLE_OPS}
	 * @return the rule
	 */
	public static ChannelAccess authority(String authority) {
		return new ChannelAccess(Kind.AUTHORITY, authority);
	}

	/**
	 * Parse a rule. Used to bind properties, where {@code true} means {@link #ANYONE} and
	 * {@code false} means {@link #NONE}.
	 * @param text the text
	 * @return the rule
	 * @throws IllegalArgumentException if the text is not a rule
	 */
	public static ChannelAccess of(String text) {
		String value = text.strip();
		return switch (value.toLowerCase(Locale.ROOT)) {
			case "anyone", "true" -> ANYONE;
			case "authenticated" -> AUTHENTICATED;
			case "none", "false" -> NONE;
			default -> {
				if (value.startsWith(PREFIX)) {
					yield authority(value.substring(PREFIX.length()));
				}
				if (value.isEmpty() || value.chars().allMatch((c) -> c == '-' || Character.isLowerCase(c))) {
					throw new IllegalArgumentException(
							"'" + value + "' is neither anyone, authenticated or none, nor an"
									+ " authority such as ROLE_OPS; if it is one, write " + PREFIX + value);
				}
				yield authority(value);
			}
		};
	}

	/**
	 * Return the rule for every client or for no client.
	 * @param allowed {@code true} for every client
	 * @return the rule
	 */
	public static ChannelAccess of(Boolean allowed) {
		return allowed ? ANYONE : NONE;
	}

	/**
	 * Return the rule as text.
	 */
	@Override
	@JsonValue
	public String toString() {
		return (this.authority != null) ? this.authority : this.kind.name();
	}

	/**
	 * The kinds of rules.
	 */
	public enum Kind {

		/**
		 * Every client.
		 */
		ANYONE,

		/**
		 * Clients that are not anonymous.
		 */
		AUTHENTICATED,

		/**
		 * Clients that have an authority.
		 */
		AUTHORITY,

		/**
		 * No client.
		 */
		NONE

	}

}
