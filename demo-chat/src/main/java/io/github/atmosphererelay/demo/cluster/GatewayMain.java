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

package io.github.atmosphererelay.demo.cluster;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

/**
 * The gateway as a process of its own, which ends as a node does. It is an application on
 * Spring Cloud Gateway: all that makes it one is in {@code gateway.yml} and in the
 * properties that the cluster adds.
 */
public final class GatewayMain {

	private GatewayMain() {
	}

	public static void main(String[] args) {
		NodeMain.endWithInput();
		application().run(args);
	}

	static SpringApplication application() {
		SpringApplication gateway = new SpringApplication(Gateway.class);
		// The nodes' own jars are there, too
		gateway.setWebApplicationType(WebApplicationType.REACTIVE);
		return gateway;
	}

	/**
	 * No component: the nodes would find it when they look for theirs. It asks nobody to
	 * log in, because the nodes do.
	 */
	@EnableAutoConfiguration(excludeName = {
			"org.springframework.boot.security.autoconfigure.ReactiveUserDetailsServiceAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.actuate.web.reactive.ReactiveManagementWebSecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration" })
	static class Gateway {

	}

}
