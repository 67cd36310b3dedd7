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

package io.github.atmosphererelay.relay.redis.internal;

import java.time.Duration;

import io.github.atmosphererelay.contract.GroupContractTests;
import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;

/**
 * The contract of every relay with consumer groups, kept by {@link RedisRelay} with
 * either client library.
 */
class RedisGroupContractTests {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private static RedisServers.Standalone server;

	@BeforeAll
	static void startServer() {
		server = RedisServers.standalone();
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	private abstract static class Contract extends GroupContractTests {

		private final RedisTestBroker broker;

		Contract(Driver driver) {
			this.broker = new RedisTestBroker(driver, RedisServers.HOST, server.port(), PATIENCE);
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

}
