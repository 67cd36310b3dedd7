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

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.message.internal.WireWriter;
import org.jspecify.annotations.Nullable;

/**
 * Sends signed requests to peers, and checks that their answers are signed. Safe for use
 * by many threads; does not block.
 */
final class PeerClient {

	static final Duration TIMEOUT = Duration.ofSeconds(2);

	private final HttpRelaySettings settings;

	private final UUID self;

	private final PeerHttpClient client;

	private final AtomicLong requests = new AtomicLong();

	PeerClient(HttpRelaySettings settings, UUID self) {
		this.settings = settings;
		this.self = self;
		this.client = new PeerHttpClient(settings.sslContext());
	}

	/**
	 * Send a request.
	 * @param url the peer's base URL
	 * @param receiver the peer's id, or {@code null} to ask who is there
	 * @param body the body
	 * @return completes with the answer; cancel it to close the connection
	 */
	CompletableFuture<Reply> send(URI url, @Nullable UUID receiver, byte[] body) {
		if (this.settings.secret() == null && !"https".equals(url.getScheme())) {
			return CompletableFuture
				.failedFuture(new IOException("without a secret, only https shows that the answer comes from a peer"));
		}
		String to = ((receiver != null) ? receiver : PeerProtocol.ANYBODY).toString();
		String nonce = new PeerProtocol.Nonce(this.self, this.requests.incrementAndGet()).toString();
		String time = Long.toString(System.currentTimeMillis());
		String digest = PeerProtocol.digest(body);
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + this.settings.path()))
			.timeout(TIMEOUT)
			.header("Content-Type", "application/octet-stream")
			.header(PeerProtocol.RECEIVER, to)
			.header(PeerProtocol.TIME, time)
			.header(PeerProtocol.NONCE, nonce)
			.header(PeerProtocol.DIGEST, digest)
			.POST(HttpRequest.BodyPublishers.ofByteArray(body));
		SharedSecret secret = this.settings.secret();
		if (secret != null) {
			request.header(PeerProtocol.SIGNATURE,
					secret.sign(PeerProtocol.signed(this.settings.path(), to, time, nonce, body.length, digest)));
		}
		CompletableFuture<HttpResponse<byte[]>> sending = this.client.get()
			.sendAsync(request.build(), (info) -> new LimitedBody());
		CompletableFuture<Reply> reply = sending.thenApply((response) -> reply(response, nonce));
		reply.whenComplete((result, ex) -> {
			if (reply.isCancelled()) {
				sending.cancel(true);
			}
		});
		return reply;
	}

	private Reply reply(HttpResponse<byte[]> response, String nonce) {
		SharedSecret secret = this.settings.secret();
		boolean authentic = secret == null
				|| secret.isSignature(response.headers().firstValue(PeerProtocol.SIGNATURE).orElse(null),
						PeerProtocol.signedAnswer(nonce, response.statusCode(), response.body()));
		return new Reply(response.statusCode(), response.body(), authentic);
	}

	/**
	 * Release the threads, when all requests are cancelled. Does not block.
	 */
	void close() {
		this.client.close();
	}

	/**
	 * An answer.
	 *
	 * @param status the HTTP status
	 * @param body the body
	 * @param authentic whether it was signed with the secret for this request, or needs
	 * no signature because TLS has authenticated the server
	 */
	record Reply(int status, byte[] body, boolean authentic) {
	}

	/**
	 * Receives a body that has an expected maximum size.
	 */
	private static final class LimitedBody implements HttpResponse.BodySubscriber<byte[]> {

		private final CompletableFuture<byte[]> body = new CompletableFuture<>();

		private final WireWriter bytes = new WireWriter(256);

		private int size;

		private Flow.@Nullable Subscription subscription;

		@Override
		public CompletionStage<byte[]> getBody() {
			return this.body;
		}

		@Override
		public void onSubscribe(Flow.Subscription subscription) {
			this.subscription = subscription;
			subscription.request(Long.MAX_VALUE);
		}

		@Override
		public void onNext(List<ByteBuffer> buffers) {
			for (ByteBuffer buffer : buffers) {
				this.size += buffer.remaining();
				if (this.size > PeerProtocol.MAX_ANSWER_BYTES) {
					if (this.subscription != null) {
						this.subscription.cancel();
					}
					this.body.completeExceptionally(new IOException("The answer is too long"));
					return;
				}
				byte[] part = new byte[buffer.remaining()];
				buffer.get(part);
				this.bytes.write(part);
			}
		}

		@Override
		public void onError(Throwable failure) {
			this.body.completeExceptionally(failure);
		}

		@Override
		public void onComplete() {
			this.body.complete(this.bytes.toByteArray());
		}

	}

}
