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

package io.github.atmosphererelay.relay.redis;

import io.github.atmosphererelay.relay.RelayBroker;
import io.github.atmosphererelay.relay.RelayContractTests;
import io.github.atmosphererelay.relay.redis.RedisTestBroker.Driver;
import io.github.atmosphererelay.test.RedisServers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;

/**
 * The contract of every relay, kept by {@link RedisRelay} with either client library.
 */
class RedisRelayContractTests {

	private static RedisServers.Standalone server;

	@BeforeAll
	static void startServer() {
		server = RedisServers.standalone();
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	@Nested
	class WithLettuce extends Contract {

		WithLettuce() {
			super(Driver.LETTUCE);
		}

	}

	@Nested
	class WithJedis extends Contract {

		WithJedis() {
			super(Driver.JEDIS);
		}

	}

	abstract static class Contract extends RelayContractTests {

		private final RedisTestBroker broker;

		Contract(Driver driver) {
			this.broker = new RedisTestBroker(driver, RedisServers.HOST, server.port());
		}

		@Override
		protected RelayBroker broker() {
			return this.broker;
		}

		@AfterAll
		void closeBroker() {
			this.broker.close();
		}

	}

}
