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

package io.github.atmosphererelay.test;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Lets a test that has failed fail again when it is run again. Surefire repeats failed
 * tests in the JVM in which they have failed.
 */
final class FirstFailureCounts implements BeforeEachCallback, TestWatcher {

	private static final Map<String, Throwable> failures = new ConcurrentHashMap<>();

	@Override
	public void beforeEach(ExtensionContext context) {
		Throwable failure = failures.get(context.getUniqueId());
		if (failure != null) {
			throw new AssertionError("It has failed, and a test that reconciles sent with received is not run again",
					failure);
		}
	}

	@Override
	public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
		failures.putIfAbsent(context.getUniqueId(), (cause != null) ? cause : new AssertionError("No cause is known"));
	}

}
