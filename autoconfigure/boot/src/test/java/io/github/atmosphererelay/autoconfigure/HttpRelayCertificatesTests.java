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

package io.github.atmosphererelay.autoconfigure;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.net.ssl.SSLContext;

import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.contract.broker.TlsMaterial;
import io.github.atmosphererelay.listening.FluxChannelSubscriber;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.http.internal.HttpRelay;
import io.github.atmosphererelay.relay.http.internal.RefusalReason;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Nodes that know each other by certificates alone, which are replaced while they run.
 */
@Reconciles
class HttpRelayCertificatesTests {

	private static final String PEERS = "/atmosphere/connection/peers";

	private final List<TestNode> nodes = new ArrayList<>();

	@TempDir
	Path directory;

	@AfterEach
	void close() {
		this.nodes.forEach(TestNode::close);
	}

	@Test
	void certificatesAloneConnectNodes() throws IOException, GeneralSecurityException {
		TlsMaterial material = material("one");
		int[] ports = ports();
		start(ports[0], ports, material, "atmosphere.relay.http.ssl.names=localhost");
		start(ports[1], ports, material, "atmosphere.relay.http.ssl.names=localhost");
		awaitPeers(1);
		assertThat(this.nodes.get(0).broadcaster().broadcast("chat/lobby", "hello").join().outcome())
			.isEqualTo(Outcome.RELAYED);
		assertThat(this.nodes).allSatisfy(
				(node) -> assertThat(relay(node).statistics().refused(RefusalReason.UNTRUSTED_CERTIFICATE)).isZero());
	}

	@Test
	void aServerWhoseCertificateIsTrustedButHasAnotherNameIsSentNothing() throws IOException, GeneralSecurityException {
		TlsMaterial material = material("one");
		int[] ports = ports();
		start(ports[0], ports, material, "atmosphere.relay.http.ssl.names=chat-node");
		start(ports[1], ports, material);
		HttpRelay expectsAnother = relay(this.nodes.get(0));
		await().untilAsserted(() -> assertThat(expectsAnother.details().get("peers")).asString()
			.contains("https://localhost:" + ports[1] + "=not found")
			.contains("has none of the names in 'atmosphere.relay.http.ssl.names': it is for [localhost, localhost]"));
		await().until(() -> expectsAnother.statistics().refused(RefusalReason.UNTRUSTED_CERTIFICATE) > 0);
		assertThat(expectsAnother.statistics().exchanges()).isZero();
		assertThat(this.nodes).allSatisfy((node) -> assertThat(relay(node).livePeers()).isZero());
	}

	@Test
	void certificatesThatAreReplacedWhileNodesRunAreUsedForOutgoingCalls() throws Exception {
		TlsMaterial old = material("old");
		TlsMaterial renewed = material("renewed");
		Path identity = this.directory.resolve("identity.pem");
		Path trusted = this.directory.resolve("trusted.pem");
		write(identity, old.certificate(), old.key());
		write(trusted, old.certificate());
		int[] ports = ports();
		for (int port : ports) {
			start(port, ports, new TlsMaterial(identity, identity), trusted,
					"spring.ssl.bundle.pem.peers.reload-on-update=true",
					"spring.ssl.bundle.watch.file.quiet-period=100ms");
		}
		awaitPeers(1);
		List<String> received = new CopyOnWriteArrayList<>();
		this.nodes.get(1)
			.bean(FluxChannelSubscriber.class)
			.flux("chat/lobby")
			.ofType(Publication.class)
			.subscribe((message) -> received.add(message.payload().asText()));
		await().until(() -> publish("first", new ArrayList<>()) && !received.isEmpty());
		List<String> relayed = new ArrayList<>();
		write(trusted, old.certificate(), renewed.certificate());
		await().until(() -> publish("both trusted", relayed) && isNode(ports, renewed, old));
		write(identity, renewed.certificate(), renewed.key());
		await().until(() -> publish("renewed shown", relayed) && isNode(ports, renewed, renewed));
		write(trusted, renewed.certificate());
		await().until(() -> publish("old refused", relayed) && isStranger(ports, old, renewed));
		// A node that still called with the old certificate would not be answered
		List<Long> answered = this.nodes.stream().map((node) -> relay(node).statistics().exchanges()).toList();
		await().until(() -> IntStream.range(0, this.nodes.size())
			.allMatch((i) -> relay(this.nodes.get(i)).statistics().exchanges() > answered.get(i) + 8));
		awaitPeers(1);
		assertThat(publish("after", relayed)).isTrue();
		assertThat(relayed).endsWith("after " + (relayed.size() - 1));
		await().untilAsserted(() -> assertThat(received).containsSubsequence(relayed));
		assertThat(received).doesNotHaveDuplicates();
	}

	/**
	 * Publish a message at the first node.
	 * @param relayed gets the message if its receipt says that the other node has it
	 */
	private boolean publish(String text, List<String> relayed) {
		String numbered = text + " " + relayed.size();
		Outcome outcome = this.nodes.get(0).broadcaster().broadcast("chat/lobby", numbered).join().outcome();
		return (outcome != Outcome.RELAYED) || relayed.add(numbered);
	}

	/**
	 * Return whether both nodes show a certificate, and take another one for a node's.
	 */
	private static boolean isNode(int[] ports, TlsMaterial client, TlsMaterial server) {
		// A node's request without the headers of one
		return Arrays.stream(ports).allMatch((port) -> status(port, client, server) == 401);
	}

	private static boolean isStranger(int[] ports, TlsMaterial client, TlsMaterial server) {
		return Arrays.stream(ports).noneMatch((port) -> status(port, client, server) == 401);
	}

	/**
	 * Call a node.
	 * @return the status, or -1 if there is no connection
	 */
	private static int status(int port, TlsMaterial client, TlsMaterial server) {
		SSLContext context = SslBundle
			.of(new PemSslStoreBundle(
					PemSslStoreDetails.forCertificate(client.certificate().toUri() + "")
						.withPrivateKey(client.key().toUri() + ""),
					PemSslStoreDetails.forCertificate(server.certificate().toUri() + "")))
			.createSslContext();
		try {
			return HttpClient.newBuilder()
				.sslContext(context)
				.build()
				.send(HttpRequest.newBuilder(URI.create("https://localhost:" + port + PEERS))
					.timeout(Duration.ofSeconds(5))
					.POST(HttpRequest.BodyPublishers.ofString("hello"))
					.build(), HttpResponse.BodyHandlers.discarding())
				.statusCode();
		}
		catch (IOException ex) {
			return -1;
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private TlsMaterial material(String name) throws IOException, GeneralSecurityException {
		return TlsMaterial.create(Files.createDirectory(this.directory.resolve(name)));
	}

	/**
	 * Write a file as programs do that renew certificates: at once.
	 */
	private static void write(Path target, Path... parts) throws IOException {
		StringBuilder content = new StringBuilder();
		for (Path part : parts) {
			content.append(Files.readString(part));
		}
		Path temporary = Files.writeString(target.resolveSibling("new"), content);
		Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
	}

	private void start(int port, int[] ports, TlsMaterial material, String... properties) {
		start(port, ports, material, material.certificate(), properties);
	}

	private void start(int port, int[] ports, TlsMaterial identity, Path trusted, String... properties) {
		String bundle = "spring.ssl.bundle.pem.peers.";
		String peers = Arrays.stream(ports)
			.mapToObj((each) -> "https://localhost:" + each)
			.collect(Collectors.joining(","));
		this.nodes.add(TestNode.start(Stream
			.concat(Stream.of("server.port=" + port, "atmosphere.relay.type=http",
					"atmosphere.channels[0].pattern=chat/**", "atmosphere.relay.http.peers=" + peers,
					bundle + "keystore.certificate=" + identity.certificate().toUri(),
					bundle + "keystore.private-key=" + identity.key().toUri(),
					bundle + "truststore.certificate=" + trusted.toUri(), "server.ssl.bundle=peers",
					"server.ssl.client-auth=want", "atmosphere.relay.http.ssl.bundle=peers"), Stream.of(properties))
			.toArray(String[]::new)));
	}

	private static int[] ports() {
		return new int[] { Ports.free(), Ports.free() };
	}

	private static HttpRelay relay(TestNode node) {
		return node.bean(HttpRelay.class);
	}

	private void awaitPeers(int number) {
		await().untilAsserted(() -> assertThat(this.nodes).allSatisfy((node) -> {
			assertThat(relay(node).livePeers()).isEqualTo(number);
			assertThat(node.messaging().monitor().isUp()).isTrue();
		}));
	}

}
