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

package io.github.atmosphererelay.endpoint.internal;

import java.util.Map;

import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;

/**
 * An annotated bean with its checked methods.
 */
record Endpoint(String beanName, ChannelPattern pattern, boolean room, int history, @Nullable EndpointMethod ready,
		@Nullable EndpointMethod text, @Nullable EndpointMethod binary, @Nullable EndpointMethod disconnect,
		Map<String, EndpointMethod> calls, ExceptionMethods exceptions, RateLimitedLog log) {

	/**
	 * Return whether the endpoint handles messages of clients.
	 */
	boolean takesMessages() {
		return this.text != null || this.binary != null;
	}

	/**
	 * Return whether a pattern covers the same channels as this endpoint's pattern.
	 */
	boolean covers(String pattern) {
		return ChannelPattern.parse(pattern).shape().equals(this.pattern.shape());
	}

	boolean followsSessions() {
		return this.ready != null || this.disconnect != null;
	}

	/**
	 * Return the method that handles a message. If there is only one method, it handles
	 * text and binary messages.
	 */
	@Nullable EndpointMethod methodFor(Payload payload) {
		EndpointMethod first = payload.isBinary() ? this.binary : this.text;
		return (first != null) ? first : payload.isBinary() ? this.text : this.binary;
	}

}
