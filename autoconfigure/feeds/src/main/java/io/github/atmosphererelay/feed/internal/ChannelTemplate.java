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

package io.github.atmosphererelay.feed.internal;

import org.jspecify.annotations.Nullable;

/**
 * Names the channel of a record: a text with one variable, such as
 * <code>prices/{key}</code>, <code>orders/{header:customer}</code> or
 * <code>orders/{json:/customer/id}</code>. A variable with an asterisk, such as
 * <code>{*key}</code>, stands at the end and may contain slashes.
 */
public final class ChannelTemplate {

	private final String prefix;

	private final String suffix;

	private final Source source;

	private final String argument;

	private final boolean slashes;

	private ChannelTemplate(String prefix, String suffix, Source source, String argument, boolean slashes) {
		this.prefix = prefix;
		this.suffix = suffix;
		this.source = source;
		this.argument = argument;
		this.slashes = slashes;
	}

	/**
	 * Parse a template.
	 * @param text the text
	 * @return the template
	 * @throws IllegalArgumentException if it is none; the message says why
	 */
	public static ChannelTemplate parse(String text) {
		int begin = text.indexOf('{');
		int end = text.indexOf('}', begin);
		if (begin < 0 || end < 0) {
			throw new IllegalArgumentException("it has no variable: write for example prices/{key}");
		}
		String prefix = text.substring(0, begin);
		String suffix = text.substring(end + 1);
		if ((prefix + suffix).chars().anyMatch((c) -> "{}*?".indexOf(c) >= 0)) {
			throw new IllegalArgumentException("it has one variable and no wildcards: write for example prices/{key}");
		}
		String variable = text.substring(begin + 1, end);
		boolean slashes = variable.startsWith("*");
		if (slashes) {
			variable = variable.substring(1);
			if (!suffix.isEmpty() || !prefix.endsWith("/")) {
				throw new IllegalArgumentException(
						"a variable with an asterisk is all of the end of the name, such as prices/{*key}");
			}
		}
		if (variable.equals("key")) {
			return new ChannelTemplate(prefix, suffix, Source.KEY, "", slashes);
		}
		if (variable.startsWith("header:") && variable.length() > "header:".length()) {
			return new ChannelTemplate(prefix, suffix, Source.HEADER, variable.substring("header:".length()), slashes);
		}
		if (variable.startsWith("json:/")) {
			return new ChannelTemplate(prefix, suffix, Source.JSON, variable.substring("json:".length()), slashes);
		}
		throw new IllegalArgumentException("its variable is '" + variable
				+ "', and may be key, header:NAME or json:/POINTER, such as {json:/customer/id}");
	}

	/**
	 * Return the pattern of the channels.
	 * @return the pattern, such as <code>prices/{value}</code>
	 */
	public String pattern() {
		return this.prefix + (this.slashes ? "{*value}" : "{value}") + this.suffix;
	}

	Source source() {
		return this.source;
	}

	/**
	 * Return the name of the header, or the JSON pointer.
	 */
	String argument() {
		return this.argument;
	}

	/**
	 * Return whether the key of a record names its channel.
	 * @return whether the variable is the key
	 */
	public boolean isByKey() {
		return this.source == Source.KEY;
	}

	/**
	 * Return the channel that a value names.
	 * @return the channel, or {@code null} if it cannot be part of this name
	 */
	@Nullable String channel(String value) {
		return (value.isEmpty() || (!this.slashes && value.indexOf('/') >= 0)) ? null
				: this.prefix + value + this.suffix;
	}

	/**
	 * Return the value that names a channel.
	 * @return the value, or {@code null} if this template names no such channel
	 */
	@Nullable String value(String channel) {
		int length = channel.length() - this.prefix.length() - this.suffix.length();
		if (length < 1 || !channel.startsWith(this.prefix) || !channel.endsWith(this.suffix)) {
			return null;
		}
		return channel.substring(this.prefix.length(), this.prefix.length() + length);
	}

	@Override
	public String toString() {
		return pattern();
	}

	/**
	 * Where the value of the variable comes from.
	 */
	enum Source {

		/** The record's key, as text. */
		KEY,

		/** A header of the record, as text. */
		HEADER,

		/** A part of the record's value. */
		JSON

	}

}
