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

import org.jspecify.annotations.Nullable;

/**
 * Tells what subscribers of one variant see of a state. Pure, does not block; called by
 * the thread of the state's partition. If it throws, subscribers keep what they saw
 * before.
 *
 * @param <F> the type of the variants
 * @param <K> the type of the keys
 * @param <S> the type of the states
 */
@FunctionalInterface
public interface StreamView<F, K, S> {

	/**
	 * Return what is sent.
	 * @param variant the variant of the stream, for example a format
	 * @param key the key
	 * @param state its state
	 * @return what is written as JSON, or {@code null} for the JSON {@code null}
	 */
	@Nullable Object of(F variant, K key, S state);

}
