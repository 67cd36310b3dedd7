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

import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

import javax.net.ssl.SSLContext;

import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.jspecify.annotations.Nullable;

/**
 * The settings of an {@link HttpRelay}. Peers authenticate each other by the secret, by
 * certificates, or by both.
 *
 * @param cluster the name of the cluster; nodes with another name are refused
 * @param codec reads and writes envelopes
 * @param path the path of the endpoint, after the base URL of a peer
 * @param url the base URL at which peers can reach this node, or {@code null} if it is to
 * be found out from the discovered URLs
 * @param secret signs requests and answers, or {@code null}
 * @param sslContext supplies the TLS context with which to connect to peers, another
 * object when its certificates were replaced; called before each request, must not block;
 * {@code null} for the context of the JVM
 * @param certificates decides which clients are peers, or {@code null} if the secret
 * alone does
 * @param maxPending the maximum number of envelopes that may wait for one peer
 * @param publishTimeout the time after which a published envelope is unconfirmed
 * @param discoveryInterval the time between two questions for the peers
 * @param maxClockSkew by how much the clocks of two nodes may differ
 * @param forgetAfter the time after which a peer that is away is forgotten
 * @param maxInterest the number of addresses that this node remembers of a peer; a peer
 * that follows more is sent everything
 */
public record HttpRelaySettings(String cluster, EnvelopeCodec codec, String path, @Nullable URI url,
		@Nullable SharedSecret secret, @Nullable Supplier<SSLContext> sslContext,
		@Nullable CertificateCheck certificates, int maxPending, Duration publishTimeout, Duration discoveryInterval,
		Duration maxClockSkew, Duration forgetAfter, int maxInterest) {

	/** The default of {@link #path()}. */
	public static final String DEFAULT_PATH = "/atmosphere/connection/peers";

	/** The default of {@link #discoveryInterval()}. */
	public static final Duration DEFAULT_DISCOVERY_INTERVAL = Duration.ofSeconds(2);

	/** The default of {@link #maxClockSkew()}. */
	public static final Duration DEFAULT_MAX_CLOCK_SKEW = Duration.ofSeconds(30);

	/** The default of {@link #forgetAfter()}. */
	public static final Duration DEFAULT_FORGET_AFTER = Duration.ofMinutes(1);

	/** The default of {@link #maxInterest()}. */
	public static final int DEFAULT_MAX_INTEREST = 1_000_000;

	/** A few thousand large envelopes take more memory than their number tells. */
	private static final long MAX_PENDING_BYTES = 64L * 1024 * 1024;

	/** Names, headers and the like of an envelope. */
	private static final int ENVELOPE_OVERHEAD = 256 * 1024;

	/** An update of the interest, and the rest of a request. */
	private static final int EXCHANGE_OVERHEAD = 512 * 1024;

	public HttpRelaySettings {
		Objects.requireNonNull(codec, "'codec' must not be null");
		if (secret == null && certificates == null) {
			throw new IllegalArgumentException("Peers need a secret or certificates");
		}
		if (maxPending < 1) {
			throw new IllegalArgumentException("'maxPending' must be positive");
		}
		if (!path.startsWith("/")) {
			throw new IllegalArgumentException("'path' must begin with a slash");
		}
	}

	/**
	 * Create settings with a secret and the defaults.
	 * @param cluster the name of the cluster
	 * @param secret the secret
	 * @return the settings
	 */
	public static HttpRelaySettings withSecret(String cluster, String secret) {
		return new HttpRelaySettings(cluster, new EnvelopeCodec(1024 * 1024), DEFAULT_PATH, null,
				new SharedSecret(secret), null, null, 10_000, Duration.ofSeconds(1), DEFAULT_DISCOVERY_INTERVAL,
				DEFAULT_MAX_CLOCK_SKEW, DEFAULT_FORGET_AFTER, DEFAULT_MAX_INTEREST);
	}

	/**
	 * Return how many bytes may wait for one peer.
	 */
	long maxPendingBytes() {
		return MAX_PENDING_BYTES;
	}

	/**
	 * Return the maximum size of an encoded envelope, or another message to a peer.
	 * @return the size in bytes
	 */
	public int maxEnvelopeBytes() {
		return this.codec.maxPayloadBytes() + ENVELOPE_OVERHEAD;
	}

	/**
	 * Return the maximum size of a request's body in bytes.
	 */
	int maxBodyBytes() {
		return Math.max(PeerSender.MAX_BATCH_BYTES, maxEnvelopeBytes()) + EXCHANGE_OVERHEAD;
	}

}
