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

package io.github.atmosphererelay.actuate.internal;

import java.util.function.ToDoubleFunction;

import io.github.atmosphererelay.door.internal.HttpSessionRegistry;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * The meters of HTTP sessions that nodes share.
 */
public final class HttpSessionMeters implements MeterBinder {

	private final HttpSessionRegistry sessions;

	/**
	 * Create meters.
	 * @param sessions what they show
	 */
	public HttpSessionMeters(HttpSessionRegistry sessions) {
		this.sessions = sessions;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		FunctionCounter.builder("atmosphere.http.sessions.missed", this.sessions, HttpSessionRegistry::missedEnds)
			.description("HTTP sessions whose end came without an event and was found by a check")
			.register(registry);
		touches(registry, "failed", HttpSessionRegistry::failedTouches);
		touches(registry, "rejected", HttpSessionRegistry::rejectedTouches);
	}

	private void touches(MeterRegistry registry, String outcome, ToDoubleFunction<HttpSessionRegistry> value) {
		FunctionCounter.builder("atmosphere.http.sessions.unkept", this.sessions, value)
			.description("Times a message did not keep its HTTP session alive, because the store failed or too many"
					+ " calls were waiting for it")
			.tag("outcome", outcome)
			.register(registry);
	}

}
