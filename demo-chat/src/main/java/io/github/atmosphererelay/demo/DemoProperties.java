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

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of the demo.
 *
 * @param loginKey signs the log-ins: the same on all nodes, for each to know who has
 * logged in on another one
 * @param supervisor the program that has started this node, if one has
 * @param warmUp whether a node that has started talks to itself first, for nobody to wait
 * for classes that are loaded with the first message
 */
@ConfigurationProperties("demo")
record DemoProperties(String loginKey, @DefaultValue Supervisor supervisor, @DefaultValue("true") boolean warmUp) {

	/**
	 * The program that starts and stops the nodes.
	 *
	 * @param url where it takes commands, or {@code null} if there is none
	 * @param token what it wants to see with a command
	 */
	record Supervisor(@Nullable String url, @DefaultValue("") String token) {

	}

}
