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

package io.github.atmosphererelay.demo.odds;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingInitializationContext;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.core.env.StandardEnvironment;

/**
 * Starts the demo, and stops all of it with Ctrl-C.
 */
public final class OddsDemo {

	private static final int DEFAULT_PORT = 8090;

	private OddsDemo() {
	}

	public static void main(String[] args) {
		int port = DEFAULT_PORT;
		if (args.length == 1 && args[0].matches("--port=[0-9]{1,4}|--port=[1-5][0-9]{4}")) {
			port = Integer.parseInt(args[0].substring("--port=".length()));
		}
		else if (args.length > 0) {
			System.err.println("Usage: java -jar demo-odds.jar [--port=8090]");
			System.exit(1);
		}
		LoggingSystem logging = LoggingSystem.get(OddsDemo.class.getClassLoader());
		logging.beforeInitialize();
		logging.initialize(new LoggingInitializationContext(new StandardEnvironment()), null, null);
		logging.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.ERROR);
		run(port);
	}

	private static void run(int port) {
		CountDownLatch started = new CountDownLatch(1);
		AtomicReference<@Nullable OddsCluster> running = new AtomicReference<>();
		// A signal may come while processes are starting: then that is brought to its end
		Runtime.getRuntime().addShutdownHook(new Thread(() -> {
			try {
				started.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			OddsCluster cluster = running.get();
			if (cluster != null) {
				System.out.println("Stopping ...");
				// Kafka says at length what it misses of the directories that it is
				// removing
				LoggingSystem.get(OddsDemo.class.getClassLoader())
					.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.OFF);
				cluster.close();
			}
		}, "stop"));
		System.out.println("Starting Kafka, Redis, two nodes and three reducers ...");
		try {
			running.set(OddsCluster.start(port, System.out::println));
			System.out.printf("%n  Odds of 2,000 markets: http://localhost:%d and http://localhost:%d%n"
					+ "  Ctrl-C stops everything%n%n", port, port + 1);
		}
		catch (IOException | InterruptedException | RuntimeException ex) {
			System.err.println("The demo could not be started: " + ex.getMessage());
			started.countDown();
			System.exit(1);
		}
		finally {
			started.countDown();
		}
		// Until a signal comes
		await(new CountDownLatch(1));
	}

	private static void await(CountDownLatch never) {
		try {
			never.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
