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

package io.github.atmosphererelay.autoconfigure;

import io.github.atmosphererelay.broadcast.internal.PayloadEncoder;
import io.github.atmosphererelay.feed.internal.FeedExtensions;
import io.github.atmosphererelay.message.Payload;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads values with a deserializer of the application, one at a time: Kafka calls a
 * deserializer by one thread, but a feed reads live records and older ones at once, and
 * several feeds may name the same bean.
 */
final class DeserializedValues implements FeedExtensions.ValueReader {

	private final Deserializer<?> deserializer;

	private final PayloadEncoder encoder;

	DeserializedValues(Deserializer<?> deserializer, PayloadEncoder encoder) {
		this.deserializer = deserializer;
		this.encoder = encoder;
	}

	@Override
	public @Nullable Payload read(String topic, Headers headers, byte[] value) {
		Object object;
		synchronized (this.deserializer) {
			object = this.deserializer.deserialize(topic, headers, value);
		}
		return (object != null) ? this.encoder.encode(object, null) : null;
	}

}
