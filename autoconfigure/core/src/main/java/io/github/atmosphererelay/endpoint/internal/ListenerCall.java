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

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Publication;

/**
 * A call of a listener's method for a publication.
 */
record ListenerCall(Publication publication, Map<String, String> variables) implements Invocation {

	@Override
	public String channel() {
		return this.publication.channel();
	}

	@Override
	public Payload payload() {
		return this.publication.payload();
	}

	@Override
	public Map<String, Object> headers() {
		return Map.copyOf(this.publication.headers());
	}

}
