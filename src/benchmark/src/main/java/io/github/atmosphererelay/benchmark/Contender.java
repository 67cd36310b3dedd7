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

package io.github.atmosphererelay.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

import io.github.atmosphererelay.benchmark.node.HandRolledNode;
import io.github.atmosphererelay.benchmark.node.NettyNode;
import io.github.atmosphererelay.benchmark.node.RelayNode;

/**
 * A server that takes part.
 */
enum Contender {

	/** The starter with its defaults, on Tomcat. */
	OURS("ours", RelayNode.class, "/atmosphere/chat/%d", Contender::relay),

	/** The same on Jetty. */
	OURS_JETTY("ours, Jetty", RelayNode.class, "/atmosphere/chat/%d",
			(redis) -> with(relay(redis), "--spring.autoconfigure.exclude="
					+ "org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration")),

	/** The same on Tomcat with virtual threads. */
	OURS_VIRTUAL("ours, virtual threads", RelayNode.class, "/atmosphere/chat/%d",
			(redis) -> with(relay(redis), "--spring.threads.virtual.enabled=true")),

	/** The starter without a broker, for what the relay costs. */
	OURS_LOCAL("ours, local relay", RelayNode.class, "/atmosphere/chat/%d",
			(redis) -> with(spring(redis), "--atmosphere.relay.type=local",
					"--atmosphere.channels[0].pattern=chat/**")),

	/** What teams write by hand. */
	BASELINE("hand-rolled", HandRolledNode.class, "/chat/%d", Contender::spring),

	/** What could be had without a framework. */
	NETTY("Netty", NettyNode.class, "/chat/%d", (redis) -> List.of(Integer.toString(redis)));

	private final String title;

	private final Class<?> main;

	private final String path;

	private final Function<Integer, List<String>> arguments;

	Contender(String title, Class<?> main, String path, Function<Integer, List<String>> arguments) {
		this.title = title;
		this.main = main;
		this.path = path;
		this.arguments = arguments;
	}

	private static List<String> spring(int redis) {
		return List.of("--server.port=0", "--server.address=127.0.0.1", "--spring.data.redis.host=127.0.0.1",
				"--spring.data.redis.port=" + redis, "--spring.main.banner-mode=off", "--logging.level.root=warn",
				"--server.tomcat.max-connections=20000");
	}

	private static List<String> relay(int redis) {
		return with(spring(redis), "--atmosphere.relay.type=redis", "--atmosphere.channels[0].pattern=chat/**");
	}

	private static List<String> with(List<String> arguments, String... more) {
		return Stream.concat(arguments.stream(), Stream.of(more)).toList();
	}

	String title() {
		return this.title;
	}

	/**
	 * Return the path of a room, with {@code %d} for its number.
	 * @return the path
	 */
	String path() {
		return this.path;
	}

	/**
	 * Return how many nodes there can be.
	 * @return 1 where there is nothing between nodes
	 */
	int maxNodes() {
		return (this == OURS_LOCAL) ? 1 : Integer.MAX_VALUE;
	}

	List<String> command(String java, List<String> jvmArguments, int redis) {
		List<String> command = new ArrayList<>(List.of(java));
		command.addAll(jvmArguments);
		command.addAll(List.of("-cp", System.getProperty("java.class.path"), this.main.getName()));
		command.addAll(this.arguments.apply(redis));
		return command;
	}

}
