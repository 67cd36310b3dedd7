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

package io.github.atmosphererelay.discovery;

import java.io.IOException;
import java.util.stream.Stream;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

/**
 * The main class of a gateway in a process of its own, but not longer than the process
 * that started it.
 */
public final class RoutedGateway {

	private RoutedGateway() {
	}

	public static void main(String[] args) throws IOException {
		SpringApplication application = new SpringApplication(Application.class);
		application.setWebApplicationType(WebApplicationType.REACTIVE);
		String route = "--spring.cloud.gateway.server.webflux.routes[0].";
		application.run(Stream.concat(
				Stream.of("--spring.main.banner-mode=off", "--spring.jmx.enabled=false", "--logging.level.root=WARN",
						"--spring.application.name=gateway", "--server.shutdown=immediate",
						"--spring.cloud.gateway.enabled=true", "--spring.cloud.gateway.server.webflux.enabled=true",
						"--atmosphere.gateway.service=test", "--atmosphere.gateway.user-from=header:X-User",
						"--atmosphere.gateway.lookup.enabled=true", "--spring.cloud.loadbalancer.cache.enabled=false",
						route + "id=nodes", route + "uri=lb://test", route + "predicates[0]=Path=/atmosphere/**"),
				Stream.of(args).map((arg) -> "--" + arg))
			.toArray(String[]::new));
		while (System.in.read() >= 0) {
			continue;
		}
		Runtime.getRuntime().halt(1);
	}

	/**
	 * The application: nothing but auto-configuration, and neither a database nor a
	 * log-in.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration(excludeName = "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
	static class Application {

	}

}
