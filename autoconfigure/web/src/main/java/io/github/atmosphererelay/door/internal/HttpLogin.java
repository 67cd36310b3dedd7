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
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.session.internal.LocalSession;
import jakarta.servlet.http.HttpSession;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP session, and the sessions of the clients that it identifies. The id, the
 * sessions and the time of the check are guarded by the map of
 * {@link HttpSessionRegistry}; the rest is safe for use by many threads.
 */
final class HttpLogin {

	private static final long MAX_TOUCH_NANOS = Duration.ofMinutes(1).toNanos();

	private static final long RETRY_NANOS = Duration.ofSeconds(2).toNanos();

	private final @Nullable HttpSession httpSession;

	private final Set<LocalSession> sessions = new HashSet<>(2);

	/** When the store was last asked for the HTTP session, or when it became known. */
	private long checkedAt;

	/**
	 * The interval at which the HTTP session is kept alive, in nanoseconds; 0 if it never
	 * times out.
	 */
	private final long intervalNanos;

	private final AtomicLong nextTouch;

	private String id;

	/**
	 * Create a login without clients.
	 * @param id the id of the HTTP session
	 * @param timeoutSeconds after how many seconds without a request the HTTP session
	 * ends; 0 or less if it does not
	 * @param httpSession the HTTP session in this node's memory, or {@code null} if nodes
	 * share it. Then it is not kept, because all its attributes would be kept with it
	 * @param now the time in nanoseconds
	 */
	HttpLogin(String id, int timeoutSeconds, @Nullable HttpSession httpSession, long now) {
		this.id = id;
		this.httpSession = httpSession;
		this.intervalNanos = Math.min(MAX_TOUCH_NANOS, Duration.ofSeconds(Math.max(0, timeoutSeconds)).toNanos() / 4);
		// The handshake has just kept it alive, as any request does
		this.nextTouch = new AtomicLong(System.nanoTime() + this.intervalNanos);
		this.checkedAt = now;
	}

	String id() {
		return this.id;
	}

	void renameTo(String id) {
		this.id = id;
	}

	Set<LocalSession> sessions() {
		return this.sessions;
	}

	/**
	 * Return the HTTP session, or {@code null} if nodes share it.
	 */
	@Nullable HttpSession httpSession() {
		return this.httpSession;
	}

	Duration interval() {
		return Duration.ofNanos(this.intervalNanos);
	}

	/**
	 * Return how long ago the store was asked for the HTTP session, in nanoseconds.
	 */
	long sinceCheck(long now) {
		return now - this.checkedAt;
	}

	void checked(long now) {
		this.checkedAt = now;
	}

	/**
	 * Return {@code true} to one caller in each interval, who keeps the HTTP session
	 * alive.
	 */
	boolean isDue() {
		long now = System.nanoTime();
		long due = this.nextTouch.get();
		return this.intervalNanos > 0 && now - due >= 0 && this.nextTouch.compareAndSet(due, now + this.intervalNanos);
	}

	/**
	 * Let a message keep the HTTP session alive soon, because the last attempt failed.
	 */
	void retrySoon() {
		this.nextTouch.set(System.nanoTime() + Math.min(RETRY_NANOS, this.intervalNanos));
	}

}
