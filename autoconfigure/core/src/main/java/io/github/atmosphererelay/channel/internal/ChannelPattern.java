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

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

import io.github.atmosphererelay.message.internal.ChannelNames;
import org.jspecify.annotations.Nullable;

import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * A pattern of channel names. Patterns are ordered by how specific they are, the most
 * specific one first.
 */
public final class ChannelPattern implements Comparable<ChannelPattern> {

	/**
	 * A channel name is not a URL: percent signs are not decoded, and a semicolon is an
	 * ordinary character.
	 */
	static final PathContainer.Options NAME = PathContainer.Options.create('/', false);

	private final PathPattern pattern;

	private final Set<String> variables = new LinkedHashSet<>();

	private final String shape;

	private ChannelPattern(PathPattern pattern) {
		this.pattern = pattern;
		this.shape = readVariables(pattern.getPatternString());
	}

	/**
	 * Parse a pattern.
	 * @param pattern the pattern, such as {@code chat/{room}}
	 * @return the parsed pattern
	 * @throws IllegalArgumentException if it is invalid; the message says why
	 */
	public static ChannelPattern parse(String pattern) {
		String fault = findFault(pattern);
		if (fault != null) {
			throw new IllegalArgumentException(fault);
		}
		PathPatternParser parser = new PathPatternParser();
		parser.setPathOptions(NAME);
		return new ChannelPattern(parser.parse("/" + pattern));
	}

	/**
	 * Return the reason why a pattern is invalid: it contradicts the rules for channel
	 * names, or contains asterisks that are not a wildcard.
	 */
	private static @Nullable String findFault(String pattern) {
		if (pattern.isBlank()) {
			return "it is empty";
		}
		if (pattern.startsWith("/")) {
			return "names of channels do not begin with a slash: write '" + pattern.substring(1) + "'";
		}
		if (pattern.endsWith("/") || pattern.contains("//")) {
			return "names of channels do not end with a slash and have no empty segments";
		}
		if (pattern.chars().anyMatch(Character::isWhitespace)) {
			return "names of channels have no whitespace";
		}
		// The rules do not apply inside a regular expression.
		String plain = pattern.replaceAll("\\{[^{}]*(\\{[^{}]*}[^{}]*)*}", "{}");
		for (String segment : plain.split("/")) {
			if (segment.contains("**") && !segment.equals("**")) {
				return "'" + segment + "' is no wildcard: '*' matches one segment or a part of it, and '**' any"
						+ " number of segments";
			}
		}
		return ChannelNames.findReserved(plain);
	}

	/**
	 * Parse a name for matching. An invalid name matches no pattern.
	 */
	static PathContainer path(String channel) {
		return PathContainer.parsePath("/" + channel, NAME);
	}

	/**
	 * Collect the variables, and return the pattern without their names.
	 */
	private String readVariables(String text) {
		StringBuilder shape = new StringBuilder();
		for (int i = 0; i < text.length(); i++) {
			shape.append(text.charAt(i));
			if (text.charAt(i) == '{') {
				int begin = (text.charAt(i + 1) == '*') ? i + 2 : i + 1;
				int end = begin;
				while (text.charAt(end) != ':' && text.charAt(end) != '}') {
					end++;
				}
				this.variables.add(text.substring(begin, end));
				shape.append(text, i + 1, begin);
				i = end - 1;
				// A regular expression may have braces, too.
				for (int depth = 1; depth > 0;) {
					char each = text.charAt(++i);
					depth += (each == '{') ? 1 : (each == '}') ? -1 : 0;
					shape.append(each);
				}
			}
		}
		return shape.toString();
	}

	boolean matches(PathContainer path) {
		return this.pattern.matches(path);
	}

	/**
	 * Match a channel name.
	 * @param channel the name
	 * @return the values of the variables, or {@code null} if the pattern does not cover
	 * the name
	 */
	public @Nullable Map<String, String> match(String channel) {
		PathPattern.PathMatchInfo match = this.pattern.matchAndExtract(path(channel));
		return (match != null) ? match.getUriVariables() : null;
	}

	/**
	 * Return whether the pattern is the name of one channel.
	 * @return whether it has neither wildcards nor variables
	 */
	public boolean isName() {
		return !this.pattern.hasPatternSyntax();
	}

	/**
	 * Return whether there may be a name that both patterns cover. Two regular
	 * expressions are not compared, and count as covering the same.
	 * @param other the other pattern
	 * @return {@code false} if there is no such name
	 */
	public boolean mayOverlap(ChannelPattern other) {
		return PatternOverlap.of(toString(), other.toString());
	}

	/**
	 * Return the names of the variables.
	 * @return the names
	 */
	public Set<String> variables() {
		return Set.copyOf(this.variables);
	}

	/**
	 * Return the pattern without the names of its variables, for example {@code chat/{}}
	 * for {@code chat/{room}}. Patterns with the same shape cover the same names.
	 * @return the shape
	 */
	public String shape() {
		return this.shape;
	}

	@Override
	public int compareTo(ChannelPattern other) {
		return this.pattern.compareTo(other.pattern);
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return (other instanceof ChannelPattern that) && this.pattern.equals(that.pattern);
	}

	@Override
	public int hashCode() {
		return this.pattern.hashCode();
	}

	@Override
	public String toString() {
		return this.pattern.getPatternString().substring(1);
	}

}
