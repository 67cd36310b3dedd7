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

package io.github.atmosphererelay.feed;

import io.github.atmosphererelay.contract.broker.KafkaServer;
import org.jspecify.annotations.Nullable;

/**
 * The broker of all tests of feeds in this process: to start one takes longer than most
 * of them. Each test has topics and groups of its own.
 */
final class FeedBroker {

	private static @Nullable KafkaServer server;

	private FeedBroker() {
	}

	/**
	 * Return the broker, which runs until the process ends.
	 */
	static synchronized KafkaServer get() {
		if (server == null) {
			KafkaServer started = KafkaServer.create(FeedTopic.NOT_BY_ITSELF);
			Runtime.getRuntime().addShutdownHook(new Thread(started::close, "feed-broker-end"));
			server = started;
		}
		return server;
	}

	/**
	 * Kill the broker, and start it again.
	 */
	static void restart() {
		restart(() -> {
		});
	}

	/**
	 * Kill the broker, and start it again whatever happens meanwhile.
	 * @param meanwhile what to do while it is away
	 */
	static void restart(Runnable meanwhile) {
		KafkaServer broker = get();
		broker.kill();
		try {
			meanwhile.run();
		}
		finally {
			broker.start();
		}
	}

}
