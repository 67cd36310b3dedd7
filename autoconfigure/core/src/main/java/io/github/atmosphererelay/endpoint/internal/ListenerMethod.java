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

import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.listening.ListenOptions;

/**
 * A listener's method, and the channel or channels that it is called for.
 *
 * @param channel the channel's name, or a pattern
 * @param options where to begin, and how much to buffer
 * @param method the method
 * @param exceptions the bean's methods that handle exceptions
 * @param log the application log of the bean
 */
record ListenerMethod(ChannelPattern channel, ListenOptions options, EndpointMethod method, ExceptionMethods exceptions,
		RateLimitedLog log) {
}
