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

import org.jspecify.annotations.Nullable;

/**
 * One request from a node to a peer: what the node follows, and the next envelopes of its
 * stream to the peer. Sent several times a second even if there is nothing to tell, so
 * that each of the two knows that the other is there.
 *
 * @param cluster the name of the cluster
 * @param sender the sender's id
 * @param receiver the id of the node that it is meant for, or {@code null} to ask who is
 * there
 * @param url where the sender can be reached, or {@code null} if it does not know
 * @param presence whether the sender goes on receiving and sending
 * @param interestVersion the present version of the sender's interest
 * @param update what the receiver does not know yet of it
 * @param generation the number of the sender's stream to the receiver; a later stream has
 * a greater number
 * @param first the number of the first envelope in the stream; those before it do not
 * come any more
 * @param envelopes the encoded envelopes, numbered from there
 */
record Exchange(String cluster, UUID sender, @Nullable UUID receiver, @Nullable URI url, Presence presence,
		long interestVersion, InterestUpdate update, int generation, long first, List<byte[]> envelopes) {

	Exchange {
		envelopes = List.copyOf(envelopes);
	}

	/**
	 * Whether a node goes on receiving and sending.
	 */
	enum Presence {

		/** It sends and receives. */
		PRESENT,

		/** It still sends, but receives no more, because it is about to stop. */
		DEAF,

		/** This is its last request. */
		LEAVING

	}

}
