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

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * Finds out which peer is behind each known URL, and asks again from time to time. Used
 * by the thread of {@link PeerLoop}.
 */
final class ContactSearch {

	private static final long RECHECK = TimeUnit.SECONDS.toNanos(10);

	private final PeerTable peers;

	private final Contacts contacts;

	private final OutgoingRequests requests;

	private final Executor loop;

	/**
	 * Create a search.
	 * @param loop runs tasks on the thread of {@link PeerLoop}
	 */
	ContactSearch(PeerTable peers, Contacts contacts, OutgoingRequests requests, Executor loop) {
		this.peers = peers;
		this.contacts = contacts;
		this.requests = requests;
		this.loop = loop;
	}

	/**
	 * Ask who is there, if it is time for that.
	 */
	void tick(Contact contact, long now) {
		if (contact.attempt != null) {
			contact.attempt.cancelIfOverdue(now);
			return;
		}
		Peer peer = (contact.peer != null) ? this.peers.find(contact.peer) : null;
		if ((peer != null && contact.url().equals(peer.url)) || now - contact.nextAt < 0) {
			return;
		}
		contact.attempted(now);
		CompletableFuture<PeerClient.Reply> reply = this.requests.ask(contact.url());
		contact.attempt = new Attempt(now, reply);
		reply.whenComplete((result, ex) -> this.loop.execute(() -> identified(contact, result, ex)));
	}

	private void identified(Contact contact, PeerClient.@Nullable Reply reply, @Nullable Throwable failure) {
		contact.attempt = null;
		long now = System.nanoTime();
		Answer answer = null;
		try {
			answer = this.requests.check(reply, failure);
		}
		catch (RuntimeException ex) {
			contact.failure = ex.getMessage();
		}
		if (answer == null) {
			contact.failures++;
			contact.nextAt = now + Pace.backoff(contact.failures);
			return;
		}
		contact.failure = null;
		contact.failures = 0;
		contact.nextAt = now + Pace.jitter(RECHECK);
		contact.left = false;
		contact.self = this.requests.isSelf(answer);
		if (contact.self) {
			contact.peer = null;
			return;
		}
		contact.peer = answer.receiver();
		this.contacts.chooseUrl(this.peers.get(answer.receiver()));
	}

}
