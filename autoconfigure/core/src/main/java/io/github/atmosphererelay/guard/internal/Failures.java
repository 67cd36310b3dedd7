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

package io.github.atmosphererelay.guard.internal;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

import org.jspecify.annotations.Nullable;

import org.springframework.lang.Contract;

/**
 * Handles the exceptions with which futures fail.
 */
public final class Failures {

	/** An exception may be among its own causes. */
	private static final int MAX_DEPTH = 10;

	private Failures() {
	}

	/**
	 * Return the original exception of a failed future, without the exceptions in which
	 * dependent futures wrap it.
	 * @param failure the exception of a future, which may depend on others; may be
	 * {@code null}
	 * @return the original exception, or {@code null} if {@code failure} is
	 */
	@Contract("null -> null; !null -> !null")
	public static @Nullable Throwable unwrap(@Nullable Throwable failure) {
		Throwable cause = failure;
		while ((cause instanceof CompletionException || cause instanceof ExecutionException)
				&& cause.getCause() != null) {
			cause = cause.getCause();
		}
		return cause;
	}

	/**
	 * Return what has caused a failure first.
	 * @param failure a failure
	 * @return its root cause, or the failure itself
	 */
	public static Throwable root(Throwable failure) {
		Throwable root = failure;
		for (int depth = 0; depth < MAX_DEPTH; depth++) {
			Throwable cause = root.getCause();
			if (cause == null) {
				return root;
			}
			root = cause;
		}
		return root;
	}

	/**
	 * Return what operators see of a failure without a stack trace.
	 * @param failure a failure
	 * @return its type and message, and its root cause's type and message
	 */
	public static String describe(Throwable failure) {
		Throwable root = root(failure);
		return (root != failure) ? failure + ", because of " + root : failure.toString();
	}

}
