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

import java.util.function.Consumer;

import io.github.atmosphererelay.door.internal.ClientLimits.Admission;
import io.github.atmosphererelay.door.internal.TokenChecker;
import io.github.atmosphererelay.door.internal.TokenRenewal;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.jspecify.annotations.Nullable;

/**
 * A client that is in. Safe for use by many threads.
 */
final class Client {

	private final LocalSession session;

	private final Admission admission;

	private final ClientSubscriber subscriber;

	/** Made when the client reads something for the first time. */
	private @Nullable PageQueue pages;

	private final TokenRenewal renewal;

	Client(LocalSession session, Admission admission, TokenChecker tokens, ClientSubscriber subscriber) {
		this.session = session;
		this.admission = admission;
		this.subscriber = subscriber;
		this.renewal = new TokenRenewal(tokens, session, ErrorCode.UNAUTHORIZED);
	}

	LocalSession session() {
		return this.session;
	}

	/**
	 * Return whether the client's user may send a message now.
	 */
	boolean isWithinUserLimit() {
		return this.admission.allowsMessage();
	}

	/**
	 * Begin to ask for a recorded channel that the node does not follow.
	 * @return to be told where its log ends, or {@code null} if that is not known
	 * @throws RequestRefusedException if the client, or others from its address, ask for
	 * too many in which nothing was published
	 */
	Consumer<@Nullable Position> ask() {
		if (!this.admission.allowsQuestion()) {
			throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS,
					"too many channels without messages were asked for, try again");
		}
		return (end) -> {
			if (end == null || end.offset() > 0) {
				this.admission.found();
			}
		};
	}

	/**
	 * Return what subscribes the client to what it has not asked for.
	 */
	ClientSubscriber subscriber() {
		return this.subscriber;
	}

	/**
	 * Return what keeps the session when the client sends a new token.
	 */
	TokenRenewal renewal() {
		return this.renewal;
	}

	synchronized PageQueue pages() {
		PageQueue pages = this.pages;
		if (pages == null) {
			pages = new PageQueue();
			this.pages = pages;
		}
		return pages;
	}

	@Override
	public String toString() {
		return this.session.toString();
	}

}
