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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.benchmark.node.KafkaBroker;

/**
 * A real Kafka broker of one node, in a JVM of its own.
 */
final class KafkaProcess implements BrokerProcess {

	private final ServerProcess process;

	private KafkaProcess(ServerProcess process) {
		this.process = process;
	}

	static KafkaProcess start(String java, Path directory) throws IOException {
		// Its log stands in the directory for temporary files, which here ends with the
		// benchmark
		Path files = Files.createDirectory(directory.resolve("kafka"));
		List<String> command = List.of(java, "-Xmx512m", "-XX:+UseSerialGC", "-Djava.io.tmpdir=" + files, "-cp",
				ServerProcess.classPath(false), KafkaBroker.class.getName());
		ServerProcess process = ServerProcess.start(command, directory.resolve("kafka.log"));
		process.awaitStarted();
		return new KafkaProcess(process);
	}

	@Override
	public int port() {
		return this.process.address().getPort();
	}

	@Override
	public Duration cpu() {
		return this.process.cpu();
	}

	@Override
	public void close() {
		this.process.close();
	}

}
