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
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.WireFormatException;
import org.jspecify.annotations.Nullable;

/**
 * Makes the requests to peers, and reads their answers. Used by the thread of
 * {@link PeerLoop}; does not block.
 */
final class OutgoingRequests {

	private final HttpRelaySettings settings;

	private final UUID self;

	private final OwnInterest interest;

	private final Contacts contacts;

	private final NodePresence presence;

	private final PeerClient client;

	private final HttpRelayStatistics statistics;

	OutgoingRequests(HttpRelaySettings settings, UUID self, OwnInterest interest, Contacts contacts,
			NodePresence presence, HttpRelayStatistics statistics) {
		this.settings = settings;
		this.self = self;
		this.interest = interest;
		this.contacts = contacts;
		this.presence = presence;
		this.client = new PeerClient(settings, self);
		this.statistics = statistics;
	}

	/**
	 * Ask who is at a URL.
	 */
	CompletableFuture<PeerClient.Reply> ask(URI url) {
		return this.client.send(url, null, ExchangeCodec.encode(new Exchange(this.settings.cluster(), this.self, null,
				url(), this.presence.get(), 0, InterestUpdate.NONE, 0, 1, List.of())));
	}

	/**
	 * Send a peer what is next for it. The request is the node's last one only if all
	 * that waits for the peer is in it.
	 */
	Sent send(Peer peer, URI url, OutgoingStream.Batch batch, InterestUpdate update) {
		boolean all = batch.envelopes().size() == peer.stream().size();
		Exchange.Presence presence = (!this.presence.isLeaving() || all) ? this.presence.get() : Exchange.Presence.DEAF;
		byte[] body = ExchangeCodec.encode(new Exchange(this.settings.cluster(), this.self, peer.id(), url(), presence,
				this.interest.version(), update, peer.stream().generation(), batch.first(), batch.envelopes()));
		this.statistics.countSent(batch.envelopes().size(), body.length);
		return new Sent(batch, update, presence, body.length, this.client.send(url, peer.id(), body));
	}

	private @Nullable URI url() {
		URI configured = this.settings.url();
		return (configured != null) ? configured : this.contacts.own();
	}

	/**
	 * Return the answer of a peer, or fail with what is wrong with it.
	 */
	Answer check(PeerClient.@Nullable Reply reply, @Nullable Throwable failure) {
		if (reply == null) {
			Throwable cause = (failure != null) ? Failures.unwrap(failure) : new IllegalStateException("no answer");
			this.statistics.countFailedExchange();
			throw new IllegalStateException(
					cause.getClass().getSimpleName() + ((cause.getMessage() != null) ? ": " + cause.getMessage() : ""));
		}
		if (reply.status() != PeerProtocol.OK && reply.status() != RefusalReason.OTHER_NODE.status()) {
			this.statistics.countFailedExchange();
			throw new IllegalStateException("refused with status " + reply.status());
		}
		if (!reply.authentic()) {
			this.statistics.countForgedAnswer();
			throw new IllegalStateException("the answer is not signed with the secret");
		}
		try {
			Answer answer = ExchangeCodec.decodeAnswer(reply.body());
			this.statistics.countExchange();
			return answer;
		}
		catch (WireFormatException ex) {
			this.statistics.countFailedExchange();
			throw new IllegalStateException("the answer cannot be read: " + ex.getMessage());
		}
	}

	boolean isSelf(Answer answer) {
		return answer.receiver().equals(this.self);
	}

	/**
	 * Release the threads, when all requests are cancelled.
	 */
	void close() {
		this.client.close();
	}

	/**
	 * What was sent to a peer.
	 *
	 * @param batch the envelopes
	 * @param update what the peer learns of this node's interest
	 * @param presence what the request says of this node
	 * @param bytes the size of the request's body
	 * @param reply completes with the answer
	 */
	record Sent(OutgoingStream.Batch batch, InterestUpdate update, Exchange.Presence presence, int bytes,
			CompletableFuture<PeerClient.Reply> reply) {
	}

}
