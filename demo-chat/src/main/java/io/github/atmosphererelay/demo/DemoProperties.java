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

import java.util.List;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of the demo.
 *
 * @param nodes the nodes of the cluster that the page can show side by side. Empty: only
 * the one that served the page
 * @param loginKey signs the log-ins: the same on all nodes, for each to know who has
 * logged in on another one
 */
@ConfigurationProperties("demo")
record DemoProperties(@DefaultValue List<Node> nodes, String loginKey) {

	/**
	 * One node of the cluster.
	 *
	 * @param name the name that the node has in the cluster
	 * @param url where a browser finds it
	 */
	record Node(String name, String url) {

	}

}
