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
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.Uuid;

/**
 * A real Kafka broker in a process of its own, which can be killed and started again with
 * the same ports and data. It ends with the process that has started it.
 * <p>
 * It has three listeners: {@link #adminServers()} for the tests themselves, and two for
 * relays, direct and proxied, each behind a {@link TcpProxy}. Separate listeners are
 * needed because Kafka clients connect to the address that the broker advertises.
 */
public final class KafkaServer implements AutoCloseable {

	private static final Duration START_TIMEOUT = Duration.ofSeconds(120);

	private final int adminPort;

	private final TcpProxy direct;

	private final TcpProxy proxy;

	private final KafkaProcess process;

	private KafkaServer(Map<String, String> properties) throws Exception {
		List<Integer> ports = Ports.free(4);
		this.adminPort = ports.get(0);
		this.direct = TcpProxy.start("127.0.0.1", ports.get(1));
		this.proxy = TcpProxy.start("127.0.0.1", ports.get(2));
		Map<String, String> all = new HashMap<>(Map.of("process.roles", "broker,controller", "controller.quorum.voters",
				"1@127.0.0.1:" + ports.get(3), "inter.broker.listener.name", "ADMIN"));
		all.put("listeners",
				"ADMIN://127.0.0.1:%d,DIRECT://127.0.0.1:%d,PROXIED://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
					.formatted(ports.toArray()));
		all.putAll(advertised(this.proxy.port()));
		all.put("listener.security.protocol.map",
				"ADMIN:PLAINTEXT,DIRECT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT");
		all.putAll(properties);
		this.process = new KafkaProcess(1, Uuid.randomUuid().toString(), all);
	}

	private Map<String, String> advertised(int proxied) {
		return Map.of("advertised.listeners", "ADMIN://127.0.0.1:%d,DIRECT://127.0.0.1:%d,PROXIED://127.0.0.1:%d"
			.formatted(this.adminPort, this.direct.port(), proxied));
	}

	/**
	 * Create a broker and start it.
	 * @return a running broker
	 */
	public static KafkaServer create() {
		return create(Map.of());
	}

	/**
	 * Create a broker and start it.
	 * @param properties properties of the broker beyond those that it needs
	 * @return a running broker
	 */
	public static KafkaServer create(Map<String, String> properties) {
		try {
			KafkaServer server = new KafkaServer(properties);
			server.start();
			return server;
		}
		catch (Exception ex) {
			throw new IllegalStateException("The Kafka broker could not be set up", ex);
		}
	}

	/**
	 * Change the port of its proxied listener that the broker tells its clients, from the
	 * next start on.
	 * @param port the port
	 */
	public void advertise(int port) {
		try {
			this.process.change(advertised(port));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Start the broker with the data of its last run. Returns when it answers.
	 */
	public void start() {
		launch();
		awaitAnswer();
	}

	/**
	 * Start the broker's process, and return at once.
	 */
	public void launch() {
		this.process.launch();
	}

	/**
	 * Kill the broker without a clean shutdown, and wait until its process has ended.
	 */
	public void kill() {
		this.process.kill();
	}

	/**
	 * Return the address for the clients of the tests themselves.
	 * @return bootstrap servers
	 */
	public String adminServers() {
		return "127.0.0.1:" + this.adminPort;
	}

	/**
	 * Return the proxy that tests disturb.
	 * @return the proxy
	 */
	public TcpProxy proxy() {
		return this.proxy;
	}

	/**
	 * Return the proxy of the direct listener, which is not disturbed and counts
	 * connections.
	 * @return the proxy
	 */
	public TcpProxy direct() {
		return this.direct;
	}

	/**
	 * Create an admin client.
	 * @return a client, to be closed
	 */
	public Admin admin() {
		return Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, adminServers()));
	}

	@Override
	public void close() {
		kill();
		this.direct.close();
		this.proxy.close();
		this.process.close();
	}

	private void awaitAnswer() {
		long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
		while (this.process.isAlive() && System.nanoTime() < deadline) {
			try (Admin admin = admin()) {
				if (!admin.describeCluster().nodes().get(1, TimeUnit.SECONDS).isEmpty()) {
					return;
				}
			}
			catch (TimeoutException ex) {
				// Not yet
			}
			catch (Exception ex) {
				throw new IllegalStateException("The Kafka broker does not answer", ex);
			}
		}
		throw new IllegalStateException("The Kafka broker did not start: " + this.process.output());
	}

}
