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

import io.github.atmosphererelay.event.RelayDown;
import io.github.atmosphererelay.event.RelayUp;
import io.github.atmosphererelay.routing.Routes;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.http.CacheControl;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.config.annotation.CorsRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/**
 * Tells the page which node it talks to, and which others there are.
 */
@RestController
class NodeController implements WebMvcConfigurer {

	private final NodeDirectory nodes;

	private final Environment environment;

	private final String name;

	private final String relay;

	private final boolean routed;

	private volatile String relayState = "connecting";

	NodeController(NodeDirectory nodes, Environment environment, @Value("${atmosphere.cluster.node-name}") String name,
			@Value("${atmosphere.relay.type}") String relay, ObjectProvider<Routes> routes) {
		this.nodes = nodes;
		this.environment = environment;
		this.name = name;
		this.relay = relay;
		this.routed = routes.getIfAvailable() != null;
	}

	@EventListener
	void relayIsUp(RelayUp event) {
		this.relayState = "up";
	}

	@EventListener
	void relayIsDown(RelayDown event) {
		this.relayState = "down";
	}

	@GetMapping("/api/node")
	ResponseEntity<NodeDescription> node() {
		// Only known once the server listens: the port may have been 0
		int port = this.environment.getRequiredProperty("local.server.port", Integer.class);
		List<Place> nodes = this.nodes.nodes().stream().map((node) -> new Place(node.name(), node.url())).toList();
		NodeDescription description = new NodeDescription(this.name, port, this.relay, this.relayState, this.routed,
				nodes);
		return ResponseEntity.ok().cacheControl(CacheControl.noStore()).body(description);
	}

	@Override
	public void addCorsMappings(CorsRegistry registry) {
		// Who may open a socket may also ask where it leads
		List<String> origins = Binder.get(this.environment)
			.bind("atmosphere.websocket.allowed-origins", Bindable.listOf(String.class))
			.orElse(List.of());
		registry.addMapping("/api/node").allowedMethods("GET").allowedOriginPatterns(origins.toArray(String[]::new));
	}

	/**
	 * What the page is told.
	 *
	 * @param node the name of this node
	 * @param port where it listens
	 * @param relay the kind of relay
	 * @param relayState {@code connecting}, {@code up} or {@code down}
	 * @param routed whether a ring says which node serves whom
	 * @param nodes all nodes, in the order of their columns; an empty URL means here
	 */
	record NodeDescription(String node, int port, String relay, String relayState, boolean routed, List<Place> nodes) {

	}

	/**
	 * Where a node is.
	 *
	 * @param name the node's name
	 * @param url where a browser finds it
	 */
	record Place(String name, String url) {

	}

}
