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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How a node talks with the program that has started it: it says its port, answers how
 * much of its heap is alive and what else it counts, and ends when its standard input
 * does.
 */
final class NodeControl {

	private static final PrintStream out = System.out;

	private NodeControl() {
	}

	static void start(int port) {
		start(port, Map.of());
	}

	/**
	 * Start answering.
	 * @param port where the node listens
	 * @param figures what it can be asked for, beside its heap
	 */
	static void start(int port, Map<String, LongSupplier> figures) {
		// Nobody reads what a log would write there, and a full pipe would stop the node
		System.setOut(System.err);
		Thread thread = new Thread(() -> listen(figures), "control");
		thread.setDaemon(true);
		thread.start();
		out.println("PORT " + port);
	}

	private static void listen(Map<String, LongSupplier> figures) {
		try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
			String name = in.readLine();
			while (name != null) {
				long value = figures.getOrDefault(name, NodeControl::liveHeap).getAsLong();
				out.println(name.toUpperCase(Locale.ROOT) + ' ' + value);
				name = in.readLine();
			}
		}
		catch (IOException ex) {
			// The same as the end
		}
		Runtime.getRuntime().halt(0);
	}

	private static long liveHeap() {
		System.gc();
		System.gc();
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
	}

}
