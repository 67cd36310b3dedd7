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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.message.WireFormatException;
import org.jspecify.annotations.Nullable;

/**
 * Receives the requests of peers. Everything else is refused and counted: first what the
 * headers show, so that the body of a stranger is not read. Called by threads of the web
 * server, any number at once; waits for the body, and for a quarter of a second at most
 * for the listener.
 */
public final class PeerEndpoint {

	private static final byte[] EMPTY = new byte[0];

	private final HttpRelaySettings settings;

	private final HttpRelayStatistics statistics;

	private final ReplayGuard replays;

	/** Apart, because such a question may have been asked of another node. */
	private final ReplayGuard replayedQuestions;

	private volatile @Nullable PeerHandler handler;

	PeerEndpoint(HttpRelaySettings settings, HttpRelayStatistics statistics) {
		this.settings = settings;
		this.statistics = statistics;
		this.replays = new ReplayGuard(settings.maxClockSkew());
		this.replayedQuestions = new ReplayGuard(settings.maxClockSkew());
	}

	void use(@Nullable PeerHandler handler) {
		this.handler = handler;
	}

	/**
	 * Return the path at which peers expect this endpoint, within the application.
	 * @return the path, with a slash at its beginning
	 */
	public String path() {
		return this.settings.path();
	}

	/**
	 * Handle a request.
	 * @param request the request
	 * @return the response; with {@code Connection: close} if it was refused
	 * @throws IOException if the connection is lost
	 */
	public PeerResponse handle(PeerRequest request) throws IOException {
		Head head = null;
		try {
			PeerHandler handler = this.handler;
			if (handler == null) {
				throw new RefusedException(RefusalReason.CLOSED);
			}
			head = authenticate(request);
			return accept(request, handler, head);
		}
		catch (RefusedException ex) {
			return refuse(ex.reason(), head);
		}
		catch (WireFormatException ex) {
			return refuse(reason(ex.getReason()), head);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return refuse(RefusalReason.CLOSED, head);
		}
	}

	private static RefusalReason reason(WireFormatException.Reason fault) {
		return switch (fault) {
			case OVERSIZED -> RefusalReason.OVERSIZED;
			case UNKNOWN_VERSION -> RefusalReason.UNKNOWN_VERSION;
			default -> RefusalReason.MALFORMED;
		};
	}

	/**
	 * Refuse a request. What comes from a peer is refused with a signature, so that the
	 * peer does not take a proxy's refusal for it.
	 * @param head the headers of an authentic request, otherwise {@code null}
	 */
	private PeerResponse refuse(RefusalReason reason, @Nullable Head head) {
		this.statistics.countRefused(reason);
		Map<String, String> headers = new LinkedHashMap<>();
		headers.put("Connection", "close");
		SharedSecret secret = this.settings.secret();
		if (secret != null && head != null) {
			headers.put(PeerProtocol.SIGNATURE,
					secret.sign(PeerProtocol.signedAnswer(head.nonce().toString(), reason.status(), EMPTY)));
		}
		return new PeerResponse(reason.status(), headers, EMPTY);
	}

	private PeerResponse accept(PeerRequest request, PeerHandler handler, Head head)
			throws IOException, InterruptedException {
		if (!handler.isFor(head.receiver())) {
			this.statistics.countRefused(RefusalReason.OTHER_NODE);
			return answer(RefusalReason.OTHER_NODE.status(), handler.introduction(), head, true);
		}
		checkTime(head.time());
		ReplayGuard guard = head.receiver().equals(PeerProtocol.ANYBODY) ? this.replayedQuestions : this.replays;
		guard.check(head.nonce(), System.nanoTime());
		if (request.contentLength() > this.settings.maxBodyBytes()) {
			throw new RefusedException(RefusalReason.OVERSIZED);
		}
		byte[] body = body(request);
		PeerHandler.Handled handled = handler.handle(head.receiver(), head.nonce().sender(), body);
		return answer(PeerProtocol.OK, handled.answer(), head, handled.last());
	}

	private PeerResponse answer(int status, byte[] encoded, Head head, boolean last) {
		Map<String, String> headers = new LinkedHashMap<>();
		headers.put("Content-Type", "application/octet-stream");
		SharedSecret secret = this.settings.secret();
		if (secret != null) {
			headers.put(PeerProtocol.SIGNATURE,
					secret.sign(PeerProtocol.signedAnswer(head.nonce().toString(), status, encoded)));
		}
		if (last) {
			headers.put("Connection", "close");
		}
		return new PeerResponse(status, headers, encoded);
	}

	/**
	 * Check that the headers come from a peer.
	 */
	private Head authenticate(PeerRequest request) {
		if (!request.method().equals(PeerProtocol.METHOD)) {
			throw new RefusedException(RefusalReason.METHOD);
		}
		CertificateCheck certificates = this.settings.certificates();
		if (certificates != null
				&& (request.certificates().isEmpty() || !certificates.isPeer(request.certificates()))) {
			throw new RefusedException(RefusalReason.UNTRUSTED_CERTIFICATE);
		}
		if (request.contentLength() < 0) {
			throw new RefusedException(RefusalReason.LENGTH_MISSING);
		}
		String receiver = request.header(PeerProtocol.RECEIVER);
		String time = request.header(PeerProtocol.TIME);
		String nonce = request.header(PeerProtocol.NONCE);
		String digest = request.header(PeerProtocol.DIGEST);
		SharedSecret secret = this.settings.secret();
		if (receiver == null || time == null || nonce == null || digest == null
				|| (secret != null && !secret.isSignature(request.header(PeerProtocol.SIGNATURE), PeerProtocol
					.signed(this.settings.path(), receiver, time, nonce, request.contentLength(), digest)))) {
			throw new RefusedException(RefusalReason.UNAUTHENTICATED);
		}
		return Head.parse(receiver, time, nonce);
	}

	private void checkTime(long time) {
		long difference = Math.abs(System.currentTimeMillis() - time);
		if (difference < 0 || difference > this.settings.maxClockSkew().toMillis()) {
			throw new RefusedException(RefusalReason.CLOCK);
		}
	}

	private static byte[] body(PeerRequest request) throws IOException {
		int length = (int) request.contentLength();
		byte[] body = request.body().readNBytes(length);
		if (body.length < length || !PeerProtocol.digest(body).equals(request.header(PeerProtocol.DIGEST))) {
			throw new RefusedException(RefusalReason.MALFORMED);
		}
		return body;
	}

	/**
	 * What the headers of an authentic request say.
	 *
	 * @param receiver the node that it is for, or {@link PeerProtocol#ANYBODY}
	 * @param time the sender's time in milliseconds since 1970
	 * @param nonce its number
	 */
	private record Head(UUID receiver, long time, PeerProtocol.Nonce nonce) {

		private static Head parse(String receiver, String time, String nonce) {
			PeerProtocol.Nonce parsed = PeerProtocol.Nonce.parse(nonce);
			if (parsed == null) {
				throw new RefusedException(RefusalReason.MALFORMED);
			}
			try {
				return new Head(UUID.fromString(receiver), Long.parseLong(time), parsed);
			}
			catch (IllegalArgumentException ex) {
				throw new RefusedException(RefusalReason.MALFORMED);
			}
		}

	}

}
