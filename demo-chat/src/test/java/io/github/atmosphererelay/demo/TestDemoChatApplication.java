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

package io.github.atmosphererelay.demo;

import com.redis.testcontainers.RedisContainer;
import org.testcontainers.utility.DockerImageName;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;
import org.springframework.util.StringUtils;

/**
 * The demo with a Redis in a container, for {@code mvn spring-boot:test-run}.
 */
public class TestDemoChatApplication {

	public static void main(String[] args) {
		SpringApplication.from(DemoChatApplication::main)
			.with(Containers.class)
			.run(StringUtils.addStringToArray(args, "--atmosphere.relay.type=redis"));
	}

	@TestConfiguration(proxyBeanMethods = false)
	static class Containers {

		@Bean
		@ServiceConnection
		RedisContainer redis() {
			return new RedisContainer(DockerImageName.parse("redis:7"));
		}

	}

}
