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

package io.github.atmosphererelay.stomp.internal;

import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * A destination of a user, such as {@code /user/ada/queue/news}.
 *
 * @param user the name of the user, or the id of a session
 */
record UserDestination(String user) {

	/**
	 * Read a destination as Spring does.
	 * @param destination the destination
	 * @param prefix what destinations of users begin with; ends with a slash
	 * @return the destination, or {@code null} if it is not one of a user
	 */
	static @Nullable UserDestination parse(String destination, String prefix) {
		if (!destination.startsWith(prefix)) {
			return null;
		}
		int end = destination.indexOf('/', prefix.length());
		if (end < 0) {
			return null;
		}
		return new UserDestination(StringUtils.replace(destination.substring(prefix.length(), end), "%2F", "/"));
	}

}
