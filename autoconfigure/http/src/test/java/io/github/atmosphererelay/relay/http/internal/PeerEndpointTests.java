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

package io.github.atmosphererelay.relay.http.internal;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PeerEndpoint}: what is refused, with which status, and what is read of
 * it.
 */
class PeerEndpointTests {

	private final SharedSecret secret = new SharedSecret(HttpTestBroker.SECRET);

	private final UUID sender = UUID.randomUUID();

	private final HttpRelay relay = relay(null);

	private final RelayNode node = new RelayNode(this.relay);

	private long counter;

	private static HttpRelay relay(@Nullable CertificateCheck certificates) {
		return new HttpRelay(new HttpRelaySettings("test", new EnvelopeCodec(64 * 1024), HttpTestBroker.PATH, null,
				new SharedSecret(HttpTestBroker.SECRET), null, certificates, 100, Duration.ofSeconds(1),
				Duration.ofSeconds(2), Duration.ofSeconds(30), Duration.ofMinutes(1),
				HttpRelaySettings.DEFAULT_MAX_INTEREST), List::of);
	}

	@BeforeEach
	void start() {
		this.node.start();
	}

	@AfterEach
	void stop() {
		this.relay.stop();
	}

	@Test
	void aSignedRequestIsAnsweredAndTheAnswerIsSigned() throws IOException {
		Request request = signed(hello("test"));
		PeerResponse response = this.relay.endpoint().handle(request);
		assertThat(response.status()).isEqualTo(200);
		assertThat(this.secret.isSignature(response.headers().get(PeerProtocol.SIGNATURE),
				PeerProtocol.signedAnswer(request.nonce(), 200, response.body())))
			.isTrue();
		assertThat(ExchangeCodec.decodeAnswer(response.body()).progress()).isZero();
	}

	@Test
	void anAnswerIsNotTheAnswerToAnotherRequest() throws IOException {
		PeerResponse response = this.relay.endpoint().handle(signed(hello("test")));
		assertThat(this.secret.isSignature(response.headers().get(PeerProtocol.SIGNATURE),
				PeerProtocol.signedAnswer(signed(hello("test")).nonce(), 200, response.body())))
			.isFalse();
	}

	@Test
	void anotherSecretIsRefusedBeforeTheBodyIsRead() throws IOException {
		Request request = request(hello("test"), new SharedSecret("f".repeat(32)), System.currentTimeMillis(),
				hello("test").length);
		assertRefused(request, RefusalReason.UNAUTHENTICATED);
		assertThat(request.opened).isFalse();
	}

	@Test
	void aMissingSignatureIsRefused() throws IOException {
		Request request = signed(hello("test"));
		request.headers.remove(PeerProtocol.SIGNATURE.toLowerCase(Locale.ROOT));
		assertRefused(request, RefusalReason.UNAUTHENTICATED);
	}

	@Test
	void everyPartThatIsSignedCounts() throws IOException {
		for (String header : List.of(PeerProtocol.RECEIVER, PeerProtocol.TIME, PeerProtocol.NONCE, PeerProtocol.DIGEST,
				PeerProtocol.SIGNATURE)) {
			Request request = signed(hello("test"));
			request.headers.computeIfPresent(header.toLowerCase(Locale.ROOT),
					(name, value) -> value.substring(0, value.length() - 1) + (value.endsWith("1") ? "2" : "1"));
			assertThat(this.relay.endpoint().handle(request).status()).as(header)
				.isEqualTo(RefusalReason.UNAUTHENTICATED.status());
		}
		Request longer = signed(hello("test"));
		longer.length++;
		assertThat(this.relay.endpoint().handle(longer).status()).isEqualTo(401);
	}

	@Test
	void aBodyThatWasChangedIsRefused() throws IOException {
		Request request = signed(hello("test"));
		request.body[request.body.length - 1]++;
		assertRefused(request, RefusalReason.MALFORMED);
	}

	@Test
	void aRequestThatComesTwiceIsRefused() throws IOException {
		Request request = signed(hello("test"));
		assertThat(this.relay.endpoint().handle(request).status()).isEqualTo(200);
		assertRefused(request, RefusalReason.REPLAYED);
	}

	@Test
	void anOldAndAFutureRequestAreRefused() throws IOException {
		for (long seconds : new long[] { -40, 40 }) {
			assertThat(this.relay.endpoint()
				.handle(request(hello("test"), this.secret, System.currentTimeMillis() + seconds * 1000,
						hello("test").length))
				.status()).isEqualTo(412);
		}
		assertThat(this.relay.statistics().refused(RefusalReason.CLOCK)).isEqualTo(2);
	}

	@Test
	void anOversizedRequestIsRefusedBeforeItIsRead() throws IOException {
		Request request = request(new byte[0], this.secret, System.currentTimeMillis(), 100L * 1024 * 1024);
		assertRefused(request, RefusalReason.OVERSIZED);
		assertThat(request.opened).isFalse();
	}

	@Test
	void aRefusalIsSignedForAPeerAndNotForAStranger() throws IOException {
		Request request = request(new byte[0], this.secret, System.currentTimeMillis(), 100L * 1024 * 1024);
		PeerResponse response = this.relay.endpoint().handle(request);
		assertThat(this.secret.isSignature(response.headers().get(PeerProtocol.SIGNATURE),
				PeerProtocol.signedAnswer(request.nonce(), 413, response.body())))
			.isTrue();
		Request strange = new Request(new byte[0]);
		strange.length = 100L * 1024 * 1024;
		response = this.relay.endpoint().handle(strange);
		assertThat(response.status()).isEqualTo(RefusalReason.UNAUTHENTICATED.status());
		assertThat(response.headers()).doesNotContainKey(PeerProtocol.SIGNATURE);
	}

	@Test
	void whatComesAfterTheLastRequestOfANodeIsRefused() throws IOException {
		UUID receiver = idOf(this.relay);
		assertThat(this.relay.endpoint()
			.handle(signed(exchange(this.sender, receiver, Exchange.Presence.LEAVING), receiver))
			.status()).isEqualTo(200);
		assertRefused(signed(exchange(this.sender, receiver, Exchange.Presence.PRESENT), receiver),
				RefusalReason.REPLAYED);
		assertKnowsNobody(this.relay);
	}

	@Test
	void aRequestThatIsRepeatedAtAnotherNodeIsRefusedBeforeItIsRead() throws IOException {
		HttpRelay other = relay(null);
		new RelayNode(other).start();
		UUID receiver = idOf(this.relay);
		Request request = signed(exchange(this.sender, receiver, Exchange.Presence.PRESENT), receiver);
		assertThat(this.relay.endpoint().handle(request).status()).isEqualTo(200);
		assertThat(this.relay.details().get("peers")).asString().contains("http://localhost:1");
		request.opened = false;
		PeerResponse response = other.endpoint().handle(request);
		assertThat(response.status()).isEqualTo(421);
		assertThat(request.opened).isFalse();
		assertThat(other.statistics().refused(RefusalReason.OTHER_NODE)).isEqualTo(1);
		assertThat(this.secret.isSignature(response.headers().get(PeerProtocol.SIGNATURE),
				PeerProtocol.signedAnswer(request.nonce(), 421, response.body())))
			.isTrue();
		assertKnowsNobody(other);
		other.stop();
	}

	@Test
	void aRequestForTheNodeBeforeItsLastStartIsRefused() throws IOException {
		UUID before = idOf(this.relay);
		Request request = signed(exchange(this.sender, before, Exchange.Presence.PRESENT), before);
		this.relay.stop();
		this.node.start();
		assertThat(this.relay.endpoint().handle(request).status()).isEqualTo(421);
		assertThat(this.relay.statistics().refused(RefusalReason.OTHER_NODE)).isEqualTo(1);
		assertKnowsNobody(this.relay);
	}

	@Test
	void aQuestionWhoIsThereLeavesNothingWhereverItIsRepeated() throws IOException {
		HttpRelay other = relay(null);
		new RelayNode(other).start();
		Request question = signed(exchange(this.sender, null, Exchange.Presence.PRESENT));
		for (HttpRelay relay : List.of(this.relay, other)) {
			assertThat(relay.endpoint().handle(question).status()).isEqualTo(200);
			assertThat(relay.endpoint().handle(question).status()).isEqualTo(409);
			assertThat(relay.statistics().refused(RefusalReason.REPLAYED)).isEqualTo(1);
			assertKnowsNobody(relay);
		}
		// Nor does it take a number that a request to the other node needs
		UUID receiver = idOf(other);
		Request request = signed(exchange(this.sender, receiver, Exchange.Presence.PRESENT), receiver,
				Long.parseLong(question.nonce().substring(question.nonce().indexOf('.') + 1)));
		assertThat(other.endpoint().handle(request).status()).isEqualTo(200);
		other.stop();
	}

	@Test
	void headersThatNameAnotherReceiverThanTheBodyAreRefused() throws IOException {
		UUID receiver = idOf(this.relay);
		assertRefused(signed(exchange(this.sender, UUID.randomUUID(), Exchange.Presence.PRESENT), receiver),
				RefusalReason.MALFORMED);
		assertKnowsNobody(this.relay);
	}

	@Test
	void headersThatNameAnotherSenderThanTheBodyAreRefused() throws IOException {
		UUID receiver = idOf(this.relay);
		assertRefused(signed(exchange(UUID.randomUUID(), receiver, Exchange.Presence.PRESENT), receiver),
				RefusalReason.MALFORMED);
		assertKnowsNobody(this.relay);
	}

	@Test
	void aRequestWithoutALengthIsRefused() throws IOException {
		Request request = signed(hello("test"));
		request.length = -1;
		assertRefused(request, RefusalReason.LENGTH_MISSING);
	}

	@Test
	void anotherMethodIsRefused() throws IOException {
		Request request = signed(hello("test"));
		request.method = "GET";
		assertRefused(request, RefusalReason.METHOD);
	}

	@Test
	void bytesThatAreNoRequestAreRefused() throws IOException {
		assertRefused(signed("hello".getBytes(StandardCharsets.UTF_8)), RefusalReason.MALFORMED);
	}

	@Test
	void everyTruncatedRequestIsRefused() throws IOException {
		byte[] body = hello("test");
		for (int length = 0; length < body.length; length++) {
			assertThat(this.relay.endpoint().handle(signed(Arrays.copyOf(body, length))).status()).isEqualTo(400);
		}
	}

	@Test
	void aNewerVersionIsRefused() throws IOException {
		byte[] body = hello("test");
		body[2] = 9;
		assertRefused(signed(body), RefusalReason.UNKNOWN_VERSION);
	}

	@Test
	void anotherClusterIsRefused() throws IOException {
		assertRefused(signed(hello("other")), RefusalReason.OTHER_CLUSTER);
	}

	@Test
	void aClientWithoutThePeersCertificateIsRefused() throws IOException {
		HttpRelay relay = relay((chain) -> true);
		new RelayNode(relay).start();
		assertThat(relay.endpoint().handle(signed(hello("test"))).status()).isEqualTo(403);
		assertThat(relay.statistics().refused(RefusalReason.UNTRUSTED_CERTIFICATE)).isEqualTo(1);
		relay.stop();
	}

	@Test
	void aStoppedRelayRefusesEverything() throws IOException {
		this.relay.stop();
		assertRefused(signed(hello("test")), RefusalReason.CLOSED);
	}

	@Test
	void eachReasonHasAStatusOfItsOwn() {
		assertThat(Arrays.stream(RefusalReason.values()).map(RefusalReason::status)).doesNotHaveDuplicates();
	}

	private void assertRefused(Request request, RefusalReason reason) throws IOException {
		PeerResponse response = this.relay.endpoint().handle(request);
		assertThat(response.status()).isEqualTo(reason.status());
		assertThat(response.body()).isEmpty();
		for (RefusalReason each : RefusalReason.values()) {
			assertThat(this.relay.statistics().refused(each)).as(each.tag()).isEqualTo((each == reason) ? 1 : 0);
		}
	}

	private UUID idOf(HttpRelay relay) throws IOException {
		return ExchangeCodec.decodeAnswer(relay.endpoint().handle(signed(hello("test"))).body()).receiver();
	}

	private static void assertKnowsNobody(HttpRelay relay) {
		assertThat(relay.details().get("peers")).hasToString("{}");
	}

	private static byte[] exchange(UUID sender, @Nullable UUID receiver, Exchange.Presence presence) {
		return ExchangeCodec.encode(new Exchange("test", sender, receiver, URI.create("http://localhost:1"), presence,
				0, InterestUpdate.NONE, 1, 1, new ArrayList<>()));
	}

	private byte[] hello(String cluster) {
		return ExchangeCodec.encode(new Exchange(cluster, this.sender, null, null, Exchange.Presence.PRESENT, 0,
				InterestUpdate.NONE, 0, 1, new ArrayList<>()));
	}

	private Request signed(byte[] body) {
		return signed(body, PeerProtocol.ANYBODY);
	}

	private Request signed(byte[] body, UUID receiver) {
		return signed(body, receiver, ++this.counter);
	}

	private Request signed(byte[] body, UUID receiver, long number) {
		return request(body, this.secret, System.currentTimeMillis(), body.length, receiver, number);
	}

	private Request request(byte[] body, SharedSecret secret, long millis, long length) {
		return request(body, secret, millis, length, PeerProtocol.ANYBODY, ++this.counter);
	}

	private Request request(byte[] body, SharedSecret secret, long millis, long length, UUID receiver, long number) {
		Request request = new Request(body);
		request.length = length;
		String time = Long.toString(millis);
		String nonce = new PeerProtocol.Nonce(this.sender, number).toString();
		String digest = PeerProtocol.digest(body);
		request.header(PeerProtocol.RECEIVER, receiver.toString());
		request.header(PeerProtocol.TIME, time);
		request.header(PeerProtocol.NONCE, nonce);
		request.header(PeerProtocol.DIGEST, digest);
		request.header(PeerProtocol.SIGNATURE, secret
			.sign(PeerProtocol.signed(HttpTestBroker.PATH, receiver.toString(), time, nonce, length, digest)));
		return request;
	}

	/**
	 * A request of which every part can be changed.
	 */
	private static final class Request implements PeerRequest {

		private final byte[] body;

		private final Map<String, String> headers = new HashMap<>();

		private String method = "POST";

		private long length;

		private boolean opened;

		private Request(byte[] body) {
			this.body = body;
			this.length = body.length;
		}

		private void header(String name, String value) {
			this.headers.put(name.toLowerCase(Locale.ROOT), value);
		}

		private String nonce() {
			return String.valueOf(header(PeerProtocol.NONCE));
		}

		@Override
		public String method() {
			return this.method;
		}

		@Override
		public @Nullable String header(String name) {
			return this.headers.get(name.toLowerCase(Locale.ROOT));
		}

		@Override
		public long contentLength() {
			return this.length;
		}

		@Override
		public InputStream body() {
			this.opened = true;
			return new ByteArrayInputStream(this.body);
		}

		@Override
		public List<X509Certificate> certificates() {
			return List.of();
		}

	}

}
