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

import java.util.Locale;

/**
 * Why a request to the peers' endpoint was refused. A closed set, so that it can be a
 * meter's tag; each has an HTTP status of its own.
 */
public enum RefusalReason {

	/** The body or a header cannot be read. */
	MALFORMED(400),

	/** The signature is missing or was not made with the secret of this cluster. */
	UNAUTHENTICATED(401),

	/** The client's certificate is missing, or not one of a peer. */
	UNTRUSTED_CERTIFICATE(403),

	/** The request comes from a node of another cluster. */
	OTHER_CLUSTER(404),

	/** The method is not POST. */
	METHOD(405),

	/** The request was received before, or belongs to a stream that has ended. */
	REPLAYED(409),

	/** The request has no content length. */
	LENGTH_MISSING(411),

	/** The sender's clock and this node's differ by more than is allowed. */
	CLOCK(412),

	/** The body is larger than is allowed. */
	OVERSIZED(413),

	/** The request is meant for another node, or for this one before its last start. */
	OTHER_NODE(421),

	/** The request has a version of the format that is not known here. */
	UNKNOWN_VERSION(422),

	/** More senders than this node can protect from replays. */
	OVERLOADED(429),

	/** The relay is not started, or is about to stop. */
	CLOSED(503);

	private final int status;

	RefusalReason(int status) {
		this.status = status;
	}

	/**
	 * Return the status of the response.
	 * @return the HTTP status
	 */
	public int status() {
		return this.status;
	}

	/**
	 * Return the name for meters.
	 * @return the name in lower case, with dashes
	 */
	public String tag() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

}
