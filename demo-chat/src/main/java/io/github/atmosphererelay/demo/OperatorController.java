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

import java.util.Collection;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.config.annotation.ViewControllerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/**
 * What the operator's page asks for: which nodes there are, and to stop one of them or
 * start it again.
 */
@RestController
class OperatorController implements WebMvcConfigurer {

	private final NodeDirectory nodes;

	private final Supervisor supervisor;

	private final String name;

	OperatorController(NodeDirectory nodes, Supervisor supervisor,
			@Value("${atmosphere.cluster.node-name}") String name) {
		this.nodes = nodes;
		this.supervisor = supervisor;
		this.name = name;
	}

	@Override
	public void addViewControllers(ViewControllerRegistry registry) {
		registry.addViewController("/operator").setViewName("forward:/operator.html");
	}

	@GetMapping("/api/operator")
	ResponseEntity<Overview> overview() {
		return ResponseEntity.ok()
			.cacheControl(CacheControl.noStore())
			.body(new Overview(this.name, this.supervisor.isPresent(), this.nodes.nodes()));
	}

	@PostMapping("/api/operator/nodes/{node}/{command:start|stop|kill}")
	ResponseEntity<Void> command(@PathVariable String node, @PathVariable String command) {
		HttpStatus status = this.supervisor.command(node, command);
		return ResponseEntity.status(status).build();
	}

	/**
	 * All that the page shows.
	 *
	 * @param node the node that answers
	 * @param supervised whether nodes can be started and stopped from here
	 * @param nodes all nodes
	 */
	record Overview(String node, boolean supervised, Collection<NodeDirectory.Node> nodes) {

	}

}
