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

package io.github.atmosphererelay.stream;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import io.github.atmosphererelay.test.JavaProcess;
import io.github.atmosphererelay.test.TestNode;

/**
 * A process that only reduces. Ends with the process that started it.
 */
public final class ReducerProcess {

	private static final Path OUTPUT = Path.of("target", "reducer-processes.txt");

	private ReducerProcess() {
	}

	/**
	 * Begin to start a process, and return at once.
	 * @param properties its properties
	 */
	static JavaProcess launch(List<String> properties) {
		return JavaProcess.launch(ReducerProcess.class, "256m", OUTPUT, properties);
	}

	/**
	 * Run a process that only reduces.
	 * @param args its properties
	 * @throws IOException if the process that started it cannot be watched
	 */
	public static void main(String[] args) throws IOException {
		TestNode node = TestNode.start(List.of(TallyReducer.class), args);
		Runtime.getRuntime().addShutdownHook(new Thread(node::close, "node-end"));
		while (System.in.read() >= 0) {
			continue;
		}
		Runtime.getRuntime().halt(1);
	}

}
