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

package io.github.atmosphererelay.outbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import io.github.atmosphererelay.autoconfigure.AtmosphereAutoConfiguration;
import io.github.atmosphererelay.autoconfigure.AtmosphereDatabaseAutoConfiguration;
import io.github.atmosphererelay.autoconfigure.AtmosphereOutboxAutoConfiguration;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;

/**
 * A node in a process of its own that writes and publishes, to be killed. Ends with the
 * process that started it.
 */
public final class OutboxProcess implements AutoCloseable {

	private static final Path OUTPUT = Path.of("target", "outbox-nodes.txt");

	private final List<String> arguments;

	private @Nullable Process process;

	OutboxProcess(List<String> arguments) {
		this.arguments = arguments;
		launch();
	}

	/**
	 * Begin to start the node, and return at once.
	 */
	void launch() {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
						"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
						System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
						OutboxProcess.class.getName()));
		command.addAll(this.arguments);
		try {
			this.process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(OUTPUT.toFile()))
				.start();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Kill the process, as with signal 9, and wait until it is dead.
	 */
	void kill() {
		Process process = this.process;
		if (process != null) {
			process.destroyForcibly().onExit().join();
			this.process = null;
		}
	}

	@Override
	public void close() {
		kill();
	}

	/**
	 * Run the node.
	 * @param args its properties
	 * @throws IOException if the process that started it cannot be watched
	 */
	public static void main(String[] args) throws IOException {
		SpringApplication application = new SpringApplication(OutboxApplication.class, Light.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		List<String> all = new ArrayList<>(List.of("--spring.main.banner-mode=off", "--spring.jmx.enabled=false",
				"--spring.application.name=test", "--logging.level.root=WARN"));
		Arrays.stream(args).forEach((arg) -> all.add("--" + arg));
		application.run(all.toArray(String[]::new));
		while (System.in.read() >= 0) {
			continue;
		}
		Runtime.getRuntime().halt(1);
	}

	/**
	 * Only what a node needs that publishes and forwards and has no clients, so that it
	 * starts soon after it was killed.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DataRedisAutoConfiguration.class, AtmosphereAutoConfiguration.class,
			AtmosphereDatabaseAutoConfiguration.class, AtmosphereOutboxAutoConfiguration.class })
	static class Light {

	}

}
