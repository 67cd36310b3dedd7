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

package io.github.atmosphererelay.demo.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds ports that nobody listens on.
 */
final class FreePorts {

	private FreePorts() {
	}

	/**
	 * Find ports on which no process listens, and which the operating system does not
	 * assign to clients: such a port could be taken by a client of another test before
	 * the test's own server uses it.
	 * @param count how many ports to find
	 * @return the ports, which differ
	 */
	static List<Integer> find(int count) {
		List<ServerSocket> sockets = new ArrayList<>();
		try {
			// All of them open at once, so that they differ
			for (int attempt = 0; sockets.size() < count; attempt++) {
				int port = ThreadLocalRandom.current().nextInt(15_000, 30_000);
				try {
					sockets.add(new ServerSocket(port));
				}
				catch (IOException ex) {
					if (attempt == 1000) {
						throw new UncheckedIOException("No free port", ex);
					}
				}
			}
			return sockets.stream().map(ServerSocket::getLocalPort).toList();
		}
		finally {
			sockets.forEach(FreePorts::close);
		}
	}

	private static void close(ServerSocket socket) {
		try {
			socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
