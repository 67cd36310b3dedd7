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

package io.github.atmosphererelay.door.internal;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import jakarta.servlet.http.HttpSession;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Keeps HTTP sessions alive while their clients send messages. For any thread; no method
 * blocks.
 */
final class HttpSessionKeepAlive {

	private static final Log logger = LogFactory.getLog(HttpSessionKeepAlive.class);

	private final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofMinutes(1));

	private final Executor executor;

	private final Supplier<@Nullable SharedHttpSessions> shared;

	private final Function<HttpLogin, @Nullable String> registeredId;

	private final AtomicBoolean unsupported = new AtomicBoolean();

	private final LongAdder failed = new LongAdder();

	private final LongAdder rejected = new LongAdder();

	/**
	 * Create an instance.
	 * @param executor runs tasks that may block; may reject them
	 * @param shared supplies the HTTP sessions that nodes share, or {@code null} if there
	 * are none
	 * @param registeredId returns the id of a login's HTTP session at present, or
	 * {@code null} if it has ended
	 */
	HttpSessionKeepAlive(Executor executor, Supplier<@Nullable SharedHttpSessions> shared,
			Function<HttpLogin, @Nullable String> registeredId) {
		this.executor = executor;
		this.shared = shared;
		this.registeredId = registeredId;
	}

	/**
	 * Note that a client of a login has sent something.
	 * @param login the login
	 */
	void used(HttpLogin login) {
		if (!login.isDue()) {
			return;
		}
		HttpSession httpSession = login.httpSession();
		SharedHttpSessions shared = (httpSession != null) ? null : this.shared.get();
		try {
			if (httpSession != null) {
				this.executor.execute(() -> touch(httpSession, login));
			}
			else if (shared != null) {
				shared.executor().execute(() -> touch(shared, login));
			}
		}
		catch (RejectedExecutionException ex) {
			login.retrySoon();
			this.rejected.increment();
			this.failureLog
				.warn("An HTTP session was not kept alive, because too many tasks are waiting. A later message"
						+ " of its client tries again");
		}
	}

	private void touch(SharedHttpSessions shared, HttpLogin login) {
		String id = this.registeredId.apply(login);
		if (id == null) {
			return;
		}
		try {
			if (!shared.touch(id, login.interval())) {
				// It has ended or has another id, which the check finds
				login.retrySoon();
			}
		}
		catch (RuntimeException ex) {
			failed(login, ex);
		}
	}

	private void touch(HttpSession httpSession, HttpLogin login) {
		if (this.unsupported.get()) {
			return;
		}
		try {
			httpSession.getAccessor().access((same) -> {
			});
		}
		catch (IllegalStateException ex) {
			logger.trace("An HTTP session has ended", ex);
		}
		catch (UnsupportedOperationException | LinkageError ex) {
			if (this.unsupported.compareAndSet(false, true)) {
				logger.warn("HTTP sessions of type " + httpSession.getClass().getName() + " cannot be kept alive by"
						+ " messages from clients. They can time out although their clients are active, and these are"
						+ " closed then. Raise 'server.servlet.session.timeout'; to suppress this warning, set"
						+ " 'atmosphere.security.keep-http-session-alive' to false");
			}
		}
		catch (RuntimeException ex) {
			failed(login, ex);
		}
	}

	private void failed(HttpLogin login, RuntimeException failure) {
		login.retrySoon();
		this.failed.increment();
		this.failureLog.warn("An HTTP session could not be kept alive. A later message of its client tries again",
				failure);
	}

	/**
	 * Return how many attempts have failed.
	 */
	long failed() {
		return this.failed.sum();
	}

	/**
	 * Return how many attempts were given up because too many were waiting.
	 */
	long rejected() {
		return this.rejected.sum();
	}

}
