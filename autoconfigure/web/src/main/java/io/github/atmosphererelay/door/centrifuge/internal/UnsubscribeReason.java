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

package io.github.atmosphererelay.door.centrifuge.internal;

import io.github.atmosphererelay.session.internal.SubscriptionEnd;

/**
 * Why a subscription has ended that the client has not ended itself. From 2500 on, the
 * client subscribes again.
 */
enum UnsubscribeReason {

	/**
	 * Issued when the application or an operator has taken the client out of the channel,
	 * or its new token does not allow the channel any more.
	 */
	SERVER(2000, "server unsubscribe"),

	/**
	 * Issued when the channel does not exist any more, for example because a stream was
	 * freed.
	 */
	ENDED(SubscriptionEnd.ENDED),

	/**
	 * Issued when the client has missed messages of a recorded channel that this node
	 * cannot fill in: the client subscribes again and asks for what it has missed.
	 */
	INSUFFICIENT_STATE(2500, "insufficient state"),

	/**
	 * Issued when what brings the publications has been away for long: the client
	 * subscribes again, and is refused until it is back.
	 */
	AWAY(SubscriptionEnd.AWAY);

	private final int code;

	private final String text;

	UnsubscribeReason(SubscriptionEnd end) {
		this(end.code(), end.text());
	}

	UnsubscribeReason(int code, String text) {
		this.code = code;
		this.text = text;
	}

	static UnsubscribeReason of(SubscriptionEnd end) {
		return switch (end) {
			case ENDED -> ENDED;
			case AWAY -> AWAY;
		};
	}

	int code() {
		return this.code;
	}

	String text() {
		return this.text;
	}

}
