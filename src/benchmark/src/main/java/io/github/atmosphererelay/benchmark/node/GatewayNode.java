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

package io.github.atmosphererelay.benchmark.node;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * An application on Spring Cloud Gateway before the nodes, which distributes clients by
 * their number.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class GatewayNode {

	/**
	 * Start the gateway.
	 * @param args properties as command-line arguments
	 */
	public static void main(String[] args) {
		SpringApplication gateway = new SpringApplication(GatewayNode.class);
		// The nodes' own libraries are there, too
		gateway.setWebApplicationType(WebApplicationType.REACTIVE);
		ConfigurableApplicationContext context = gateway.run(args);
		NodeControl.start(context.getEnvironment().getRequiredProperty("local.server.port", Integer.class));
	}

}
