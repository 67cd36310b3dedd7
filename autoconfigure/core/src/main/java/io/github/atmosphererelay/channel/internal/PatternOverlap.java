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

import java.util.ArrayList;
import java.util.List;

import org.springframework.web.util.pattern.PathPatternParser;

/**
 * Compares two patterns segment by segment.
 */
final class PatternOverlap {

	private PatternOverlap() {
	}

	static boolean of(String first, String second) {
		return overlap(segments(first), 0, segments(second), 0);
	}

	/**
	 * Split a pattern at its slashes, but not within a regular expression.
	 */
	private static List<String> segments(String pattern) {
		List<String> segments = new ArrayList<>();
		int depth = 0;
		int begin = 0;
		for (int i = 0; i < pattern.length(); i++) {
			char each = pattern.charAt(i);
			depth += (each == '{') ? 1 : (each == '}') ? -1 : 0;
			if (each == '/' && depth == 0) {
				segments.add(pattern.substring(begin, i));
				begin = i + 1;
			}
		}
		segments.add(pattern.substring(begin));
		return segments;
	}

	private static boolean overlap(List<String> first, int i, List<String> second, int j) {
		if (i == first.size() && j == second.size()) {
			return true;
		}
		if (i < first.size() && isAny(first.get(i))) {
			return overlap(first, i + 1, second, j) || (j < second.size() && overlap(first, i, second, j + 1));
		}
		if (j < second.size() && isAny(second.get(j))) {
			return overlap(first, i, second, j + 1) || (i < first.size() && overlap(first, i + 1, second, j));
		}
		return i < first.size() && j < second.size() && segmentsOverlap(first.get(i), second.get(j))
				&& overlap(first, i + 1, second, j + 1);
	}

	/**
	 * Return whether a segment stands for any number of segments.
	 */
	private static boolean isAny(String segment) {
		return segment.equals("**") || segment.startsWith("{*");
	}

	private static boolean segmentsOverlap(String first, String second) {
		boolean firstLiteral = isLiteral(first);
		boolean secondLiteral = isLiteral(second);
		if (firstLiteral && secondLiteral) {
			return first.equals(second);
		}
		if (firstLiteral) {
			return matches(second, first);
		}
		return !secondLiteral || matches(first, second);
	}

	private static boolean isLiteral(String segment) {
		return segment.chars().noneMatch((each) -> each == '*' || each == '?' || each == '{');
	}

	private static boolean matches(String pattern, String segment) {
		PathPatternParser parser = new PathPatternParser();
		parser.setPathOptions(ChannelPattern.NAME);
		return parser.parse("/" + pattern).matches(ChannelPattern.path(segment));
	}

}
