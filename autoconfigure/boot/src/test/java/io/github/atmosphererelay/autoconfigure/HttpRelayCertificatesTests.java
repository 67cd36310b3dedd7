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

import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.contract.broker.TlsMaterial;
import io.github.atmosphererelay.listening.FluxChannelSubscriber;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.http.internal.HttpRelay;
import io.github.atmosphererelay.relay.http.internal.RefusalReason;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.StringUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nodes that know each other by certificates alone, which are replaced while they run.
 */
@Reconciles
@ExtendWith(OutputCaptureExtension.class)
class HttpRelayCertificatesTests {

	private static final String PEERS = "/atmosphere/connection/peers";

	private static final String[] RELOADED = { "atmosphere.relay.http.ssl.names=localhost",
			"spring.ssl.bundle.pem.peers.reload-on-update=true",
			"spring.ssl.bundle.pem.peers.keystore.verify-keys=true", "spring.ssl.bundle.watch.file.quiet-period=50ms",
			// Each request needs a handshake
			"server.tomcat.max-keep-alive-requests=1" };

	private final List<TestNode> nodes = new ArrayList<>();

	private int published;

	@TempDir
	Path directory;

	@AfterEach
	void close() {
		this.nodes.forEach(TestNode::close);
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
	void certificatesAloneConnectNodesAndAreReplacedWhileTheyRun() throws Exception {
		TlsMaterial old = material("old");
		TlsMaterial renewed = material("renewed");
		Path identity = this.directory.resolve("identity.pem");
		Path trusted = this.directory.resolve("trusted.pem");
		write(identity, old.certificate(), old.key());
		write(trusted, old.certificate());
		int[] ports = ports();
		for (int port : ports) {
			start(port, ports, new TlsMaterial(identity, identity), trusted, RELOADED);
		}
		awaitPeers(1);
		assertThat(this.nodes).allSatisfy(
				(node) -> assertThat(relay(node).statistics().refused(RefusalReason.UNTRUSTED_CERTIFICATE)).isZero());
		List<String> received = new CopyOnWriteArrayList<>();
		this.nodes.get(1)
			.bean(FluxChannelSubscriber.class)
			.flux("chat/lobby")
			.ofType(Publication.class)
			.subscribe((message) -> received.add(message.payload().asText()));
		await().until(() -> publish(new ArrayList<>()) && !received.isEmpty());
		List<String> relayed = new ArrayList<>();
		write(trusted, old.certificate(), renewed.certificate());
		awaitWhilePublishing(relayed, ports, new TlsProbe(renewed, old), TlsProbe.Answer.NODE);
		write(identity, renewed.certificate(), renewed.key());
		awaitWhilePublishing(relayed, ports, new TlsProbe(renewed, renewed), TlsProbe.Answer.NODE);
		write(trusted, renewed.certificate());
		awaitWhilePublishing(relayed, ports, new TlsProbe(old, renewed), TlsProbe.Answer.STRANGER);
		// A node that still called with the old certificate would not be answered
		List<Long> answered = this.nodes.stream().map((node) -> relay(node).statistics().exchanges()).toList();
		await().until(() -> IntStream.range(0, this.nodes.size())
			.allMatch((i) -> relay(this.nodes.get(i)).statistics().exchanges() > answered.get(i) + 1));
		awaitPeers(1);
		await().until(() -> publish(relayed));
		await().untilAsserted(() -> assertThat(received).containsSubsequence(relayed));
		assertThat(received).doesNotHaveDuplicates();
	}

	@Test
	void aReloadThatIsOfNoUseIsReportedAndLeavesTheNodesConnected(CapturedOutput output) throws Exception {
		TlsMaterial material = material("present");
		TlsMaterial other = material("other");
		Path identity = this.directory.resolve("identity.pem");
		write(identity, material.certificate(), material.key());
		int[] ports = ports();
		for (int port : ports) {
			start(port, ports, new TlsMaterial(identity, identity), material.certificate(), RELOADED);
		}
		awaitPeers(1);
		List<List<String>> received = this.nodes.stream().map(HttpRelayCertificatesTests::receive).toList();
		awaitExchange(received);
		int reported = 0;
		Path garbage = Files.writeString(this.directory.resolve("garbage"), "This is no certificate.\n");
		for (Path[] content : new Path[][] { { other.certificate(), material.key() }, { garbage } }) {
			write(identity, content);
			reported += ports.length;
			int all = reported;
			await().until(() -> StringUtils.countOccurrencesOf(output.getAll(), "SSL reload error") >= all);
			awaitExchange(received);
			assertThat(Arrays.stream(ports).mapToObj((port) -> new TlsProbe(material, material).call(port, PEERS)))
				.containsOnly(TlsProbe.Answer.NODE);
			awaitPeers(1);
		}
		write(identity, material.certificate(), material.key());
		await().untilAsserted(() -> assertThat(output.getAll().lines())
			.filteredOn((line) -> line.contains("with the reloaded SSL bundle 'peers' from now on"))
			.hasSizeGreaterThanOrEqualTo(ports.length));
		awaitPeers(1);
	}

	private static List<String> receive(TestNode node) {
		List<String> received = new CopyOnWriteArrayList<>();
		node.bean(FluxChannelSubscriber.class)
			.flux("chat/lobby")
			.ofType(Publication.class)
			.subscribe((message) -> received.add(message.payload().asText()));
		return received;
	}

	/**
	 * Publish at each node until each has what the others say, for which each request
	 * needs a handshake.
	 */
	private void awaitExchange(List<List<String>> received) {
		for (TestNode node : this.nodes) {
			await().until(() -> {
				String message = "message " + this.published++;
				Outcome outcome = node.broadcaster().broadcast("chat/lobby", message).join().outcome();
				return outcome == Outcome.RELAYED && received.stream().allMatch((each) -> each.contains(message));
			});
		}
	}

	/**
	 * Publish messages until both nodes answer as expected.
	 */
	private void awaitWhilePublishing(List<String> relayed, int[] ports, TlsProbe probe, TlsProbe.Answer expected) {
		await().until(() -> {
			publish(relayed);
			return Arrays.stream(ports).allMatch((port) -> probe.call(port, PEERS) == expected);
		});
	}

	/**
	 * Publish a message at the first node. Each has a number of its own, because one that
	 * is not confirmed may have arrived.
	 * @param relayed gets the message if its receipt says that the other node has it
	 * @return whether it says so
	 */
	private boolean publish(List<String> relayed) {
		String message = "message " + this.published++;
		Outcome outcome = this.nodes.get(0).broadcaster().broadcast("chat/lobby", message).join().outcome();
		return outcome == Outcome.RELAYED && relayed.add(message);
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

	private static ConditionFactory await() {
		return MachineTime.await(Duration.ofSeconds(60));
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
