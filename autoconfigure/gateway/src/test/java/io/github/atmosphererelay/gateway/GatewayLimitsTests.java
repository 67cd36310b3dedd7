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

package io.github.atmosphererelay.gateway;

import java.util.Map;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for limits with which no WebSocket could stay open: the gateway does not start,
 * and the failure names the property.
 */
class GatewayLimitsTests {

	private static AtmosphereGatewayAutoConfiguration with(String property, String value) {
		return new AtmosphereGatewayAutoConfiguration(
				new Binder(new MapConfigurationPropertySource(Map.of(property, value)))
					.bindOrCreate("atmosphere.gateway", AtmosphereGatewayProperties.class));
	}

	@ParameterizedTest
	@CsvSource({ "send-timeout,0", "send-timeout,-1s", "message-timeout,0", "handshake-timeout,0", "idle-timeout,-1s",
			"ring.poll-interval,0", "max-message-size,0", "max-message-size,1GB", "max-held,1KB", "max-held,31MB" })
	void aLimitThatCannotBeIsRefusedByItsName(String property, String value) {
		String name = "atmosphere.gateway." + property;
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class).isThrownBy(() -> with(name, value))
			.satisfies((failure) -> assertThat(failure.getName()).isEqualTo(name));
	}

	@ParameterizedTest
	@CsvSource({ "send-timeout,1ms", "idle-timeout,0", "max-held,32MB" })
	void theSmallestLimitIsAccepted(String property, String value) {
		assertThat(with("atmosphere.gateway." + property, value)).isNotNull();
	}

}
