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

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.state.StateVersion;
import io.github.atmosphererelay.state.internal.MemoryStateStore;
import io.github.atmosphererelay.state.jdbc.internal.JdbcStateStore;
import io.github.atmosphererelay.state.redis.internal.RedisStateStore;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AtmosphereStateAutoConfiguration}.
 */
class StateConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(AtmosphereAutoConfiguration.class, AtmosphereStateAutoConfiguration.class))
		.withPropertyValues("spring.application.name=shop", "atmosphere.relay.type=local");

	private static void assertThatItStores(StateStore store) {
		StateEntry entry = new StateEntry("a", new StateVersion(1, 1), new byte[] { 1 });
		assertThat(store.putIfNewer("space", List.of(entry))).containsExactly(StateResult.NEWER);
		assertThat(store.find("space", List.of("a"))).isEqualTo(Map.of("a", entry));
	}

	@Test
	void thereIsNoStoreWhereNothingUsesOne() {
		this.runner.run((context) -> assertThat(context).doesNotHaveBean(StateStore.class));
	}

	@Test
	void itIsInMemoryUnlessTheRelaySaysOtherwise() {
		this.runner.withPropertyValues("atmosphere.state.store=memory", "atmosphere.state.max-value-size=10B")
			.run((context) -> {
				assertThat(context).hasBean("atmosphereStateLifecycle");
				assertThatItStores(context.getBean(MemoryStateStore.class));
				assertThat(context.getBean(StateStore.class).maxValueBytes()).isEqualTo(10);
			});
	}

	@Test
	void itIsInRedis() {
		try (RedisServers.Standalone redis = RedisServers.standalone()) {
			this.runner.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class))
				.withPropertyValues("atmosphere.state.store=redis", "spring.data.redis.host=" + RedisServers.HOST,
						"spring.data.redis.port=" + redis.port())
				.run((context) -> assertThatItStores(context.getBean(RedisStateStore.class)));
		}
	}

	@Test
	void itIsInTheDatabaseWithATableThatIsMadeAtTheStart() {
		this.runner.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class))
			.withPropertyValues("atmosphere.state.store=jdbc", "spring.datasource.generate-unique-name=true")
			.run((context) -> assertThatItStores(context.getBean(JdbcStateStore.class)));
	}

	@Test
	void aBeanOfTheApplicationIsUsedInstead() {
		this.runner.withPropertyValues("atmosphere.state.store=redis")
			.withBean("mine", StateStore.class, () -> new MemoryStateStore(1000, 100, Duration.ofHours(1)))
			.run((context) -> assertThat(context).hasSingleBean(StateStore.class)
				.getBean(StateStore.class)
				.isSameAs(context.getBean("mine")));
	}

	@Test
	void aStoreWithoutItsConnectionIsAFailureThatNamesTheProperty() {
		assertFails("redis", "spring-boot-starter-data-redis");
		assertFails("jdbc", "spring-boot-starter-jdbc");
	}

	private void assertFails(String store, String module) {
		this.runner.withPropertyValues("atmosphere.state.store=" + store)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo("atmosphere.state.store");
					assertThat(ex.getReason()).contains(module);
				}));
	}

}
