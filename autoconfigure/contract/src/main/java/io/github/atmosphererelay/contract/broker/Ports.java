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

package io.github.atmosphererelay.contract.broker;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * Ports for servers that are stopped and started again within a test.
 */
public final class Ports {

	private Ports() {
	}

	/**
	 * Find a port on which no process listens, and which the operating system does not
	 * assign to clients. A port of the ephemeral range could be assigned to a client
	 * while its server is down, even to a client that tries to connect to that server,
	 * and so would connect to itself.
	 * @return the port
	 */
	public static int free() {
		for (int attempt = 0; attempt < 1000; attempt++) {
			int port = ThreadLocalRandom.current().nextInt(15_000, 30_000);
			try (ServerSocket socket = new ServerSocket(port)) {
				return socket.getLocalPort();
			}
			catch (IOException ex) {
				// Taken: try another
			}
		}
		throw new IllegalStateException("No free port");
	}

	/**
	 * Find several ports like {@link #free()}.
	 * @param count how many ports to find
	 * @return the ports, which differ
	 */
	static List<Integer> free(int count) {
		return IntStream.generate(Ports::free).distinct().limit(count).boxed().toList();
	}

}
