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

package io.github.atmosphererelay.stream;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What a subscriber has asked for, from which a reducer tells the variant that the
 * subscriber sees.
 *
 * @param user the name of the subscriber, or {@code null} if it is anonymous
 * @param options what the subscriber has chosen, for example
 * {@code format -> fractional}; comes from a client and may be anything
 */
public record StreamSubscription(@Nullable String user, Map<String, String> options) {

	public StreamSubscription {
		options = Map.copyOf(options);
	}

	/**
	 * Return an option.
	 * @param name the option's name
	 * @param otherwise the value if it was not chosen
	 * @return the value
	 */
	public String option(String name, String otherwise) {
		return this.options.getOrDefault(name, otherwise);
	}

}
