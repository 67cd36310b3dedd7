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

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.door.internal.ClientLimits.Admission;
import io.github.atmosphererelay.door.internal.TokenChecker;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.ReplayBudget;
import io.github.atmosphererelay.session.internal.Reservation;
import io.github.atmosphererelay.subscription.log.internal.ReplayReader;
import io.github.atmosphererelay.subscription.log.internal.ReplayReader.Replay;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.BDDMockito.willReturn;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.RETURNS_DEEP_STUBS;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;

/**
 * Tests for {@link ReadRequestHandler}: a client whose requests end in an Error is
 * answered, and may ask on.
 */
class ReadRequestHandlerTests {

	private static final Error INJECTED = new InternalError("injected");

	private static final int REQUESTS = OpenReads.MAX_OF_SESSION + 1;

	private static final Position END = new Position("epoch", 3);

	private final ClientMessageReceiver authorizer = mock();

	private final ChannelReads channels = mock(RETURNS_DEEP_STUBS);

	private final ReplayReader replays = mock();

	private final ReplySender replies = mock();

	private final LocalSession session = mock();

	private final Client client = new Client(this.session, mock(Admission.class), mock(TokenChecker.class),
			mock(ClientSubscriber.class));

	private final ReplayBudget budget = new ReplayBudget(1_000, 1_000);

	private ReadRequestHandler requests;

	@BeforeEach
	void create() {
		given(this.session.id()).willReturn("session");
		given(this.session.isOpen()).willReturn(true);
		given(this.channels.find("log/a").isRecorded()).willReturn(true);
		given(this.authorizer.authorizeSubscribe(any(), any(), any())).willReturn(Authorization.GRANTED);
		given(this.channels.isFollowed("log/a")).willReturn(true);
		this.requests = new ReadRequestHandler(this.authorizer, this.channels, this.replays, this.budget, mock(),
				this.replies);
	}

	private void ask(int limit) {
		this.requests.history(this.client, new Command.History(7, "log/a", limit, null, false));
	}

	/**
	 * None of them for want of room, which those before would have kept.
	 */
	private void assertRefused(int requests) {
		ArgumentCaptor<RequestRefusedException> refusals = ArgumentCaptor.captor();
		then(this.replies).should(times(requests)).refuse(eq(this.session), eq(7L), refusals.capture());
		assertThat(refusals.getAllValues()).extracting(RequestRefusedException::code).containsOnly(ErrorCode.INTERNAL);
	}

	@Test
	void anErrorWhenTheEndIsAskedForIsAnsweredAndTakesNoPlace() {
		given(this.channels.end("log/a")).willThrow(INJECTED);
		for (int i = 0; i < REQUESTS; i++) {
			ask(0);
		}
		assertRefused(REQUESTS);
		willReturn(CompletableFuture.completedFuture(END)).given(this.channels).end("log/a");
		ask(0);
		then(this.replies).should().reply(this.session, 7, new Reply.History(List.of(), END));
	}

	@Test
	void anErrorWhenAPageIsReadIsAnsweredAndTakesNoPlace() {
		given(this.replays.readPage(any(), any(), any(), anyInt(), any())).willThrow(INJECTED);
		for (int i = 0; i < REQUESTS; i++) {
			ask(5);
		}
		assertRefused(REQUESTS);
	}

	@Test
	void anErrorWhenAPageIsQueuedIsAnsweredAndGivesItsRoomBack() {
		willAnswer((call) -> {
			Reservation reservation = this.budget.reserve(this.session, 600);
			assertThat(reservation).as("those before have given theirs back").isNotNull();
			return CompletableFuture.completedFuture(new Replay(new LogPage(List.of(), END, true), reservation));
		}).given(this.replays).readPage(any(), any(), any(), anyInt(), any());
		willThrow(INJECTED).given(this.replies).replyWithMuch(any(), anyLong(), any(), anyLong(), any());
		for (int i = 0; i < 2; i++) {
			ask(5);
		}
		assertRefused(2);
		assertThat(this.budget.bytes()).isZero();
	}

}
