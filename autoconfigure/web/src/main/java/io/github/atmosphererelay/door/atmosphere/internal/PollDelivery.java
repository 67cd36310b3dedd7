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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;

import io.github.atmosphererelay.door.internal.HandshakeRefusedException;
import io.github.atmosphererelay.door.internal.Refusal;
import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import org.jspecify.annotations.Nullable;

/**
 * Hands requests to the sessions that they are for, within limits. Safe for use by many
 * threads; nothing blocks.
 */
final class PollDelivery {

	/**
	 * After which time a client asks again that cannot be served now. At once would be
	 * too often, and with another status than 200 it would give up soon.
	 */
	private static final Duration RETRY = Duration.ofSeconds(1);

	private final PollExchange exchange;

	private final StreamRequests requests;

	private final Timers timers;

	private final PollStatistics statistics;

	private final Predicate<String> known;

	/**
	 * Create a delivery.
	 * @param known whether a key is that of a session of this node
	 * @param exchange hands requests to sessions
	 * @param requests checks requests
	 * @param timers run timeouts
	 * @param statistics counts what cannot be served now
	 */
	PollDelivery(Predicate<String> known, PollExchange exchange, StreamRequests requests, Timers timers,
			PollStatistics statistics) {
		this.known = known;
		this.exchange = exchange;
		this.requests = requests;
		this.timers = timers;
		this.statistics = statistics;
	}

	/**
	 * Check that a client has not named too many sessions that do not exist. A session of
	 * this node is not guessed, whatever others at the same address do.
	 * @throws RequestRefusedException if it has
	 */
	void checkGuesses(PollToken token, InetSocketAddress address, @Nullable Principal principal) {
		if (!this.known.test(token.key()) && this.requests.guesses().isReached(address, principal)) {
			throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "too many sessions were not found");
		}
	}

	/**
	 * Hand a request to its session.
	 * @param token what the client shows
	 * @param asked the same, as the session needs it
	 * @param held the request
	 * @param address the client's address
	 * @param principal the client, or {@code null} if it is anonymous
	 * @param unknown called if there is no such session of that user, perhaps on the
	 * thread on which other nodes answer
	 */
	void deliver(PollToken token, PollQuestion asked, HeldPoll held, InetSocketAddress address,
			@Nullable Principal principal, Runnable unknown) {
		this.exchange.poll(token, asked, held).whenComplete((result, failure) -> {
			if (failure != null) {
				retryLater(token, held);
			}
			else if (result != PollResult.TAKEN) {
				this.requests.guesses().count(address, principal);
				if (result == PollResult.FOREIGN) {
					refuse(held);
				}
				else {
					unknown.run();
				}
			}
		});
	}

	/**
	 * Refuse a request for a session that does not exist or is another client's: who asks
	 * does not learn which.
	 */
	void refuse(HeldPoll held) {
		held.response().refuse(new HandshakeRefusedException(Refusal.NO_SESSION, "there is no such session"));
	}

	/**
	 * Answer a request with nothing, after a while: the client asks again.
	 */
	void retryLater(PollToken token, HeldPoll held) {
		this.statistics.postponed();
		PollAnswer answer = PollAnswer.of(token, "");
		try {
			this.timers.later(Part.CLIENT_TIMERS, () -> held.answer(answer), RETRY);
		}
		catch (RejectedExecutionException ex) {
			held.answer(answer);
		}
	}

}
