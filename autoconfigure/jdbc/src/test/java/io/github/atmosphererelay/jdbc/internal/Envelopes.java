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

package io.github.atmosphererelay.jdbc.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

import com.github.f4b6a3.uuid.UuidCreator;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;

/**
 * Envelopes for tests of a {@link ShardedLog}.
 */
final class Envelopes {

	private static final UUID NODE = UUID.randomUUID();

	private Envelopes() {
	}

	/**
	 * Return an envelope to a channel.
	 * @param key its idempotency key, or {@code null} if the channel is not recorded
	 */
	static Envelope to(String channel, @Nullable String key) {
		return new Envelope(UuidCreator.getTimeOrderedEpochFast(), NODE, Envelope.Kind.MESSAGE,
				System.currentTimeMillis(), new Audience.Channel(channel, null), Map.of(), Payload.text("x"), null,
				(key != null) ? new LogOptions(10, Duration.ofHours(1), key, Duration.ofMinutes(10)) : null);
	}

	/**
	 * Return envelopes to channels of several shards.
	 */
	static List<Envelope> random(Random random, int count) {
		List<Envelope> envelopes = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			envelopes.add(to("room/" + random.nextInt(8), null));
		}
		return envelopes;
	}

	/**
	 * Return a channel of a shard.
	 */
	static String channelOf(int shard) {
		int i = 0;
		while (ShardedLog.shardOf(new Address.Channel("room/" + i)) != shard) {
			i++;
		}
		return "room/" + i;
	}

}
