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

package io.github.atmosphererelay.door.internal;

import java.security.Principal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.security.internal.ClientContext;
import io.github.atmosphererelay.session.InvalidTokenException;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link TokenChecker} when threads to check on are few.
 */
class TokenCheckerTests {

	private final ClientAuthentication authentication = mock();

	private final TokenChecker tokens = new TokenChecker(this.authentication, mock(ClientContext.class));

	/**
	 * Otherwise nobody would reset what waits for the check, and the client could never
	 * renew its token again.
	 */
	@Test
	void aCheckThatFindsNoThreadFailsAndTheNextTokenIsTaken() {
		Executor executor = mock();
		given(this.authentication.tokens()).willReturn(mock(TokenAuthenticator.class));
		given(this.authentication.executor()).willReturn(executor);
		willThrow(new OutOfMemoryError("unable to create native thread")).given(executor).execute(any());
		TokenRenewal renewal = new TokenRenewal(this.tokens, mock(LocalSession.class), ErrorCode.UNAUTHORIZED);
		for (int i = 0; i < 2; i++) {
			ErrorCode[] refused = new ErrorCode[1];
			renewal.renew("token", (client) -> {
			}, (refusal) -> refused[0] = refusal.code());
			assertThat(refused[0]).isEqualTo(ErrorCode.INTERNAL);
		}
	}

	/**
	 * Tickets in handshakes, which the servlet container's threads wait for. Those in
	 * frames wait without a thread.
	 */
	@Test
	void thirtyTwoThreadsWaitForOtherNodesAtMostAndEachIsFreeAfterItsAnswer() throws Exception {
		List<CompletableFuture<Authenticated>> asked = new CopyOnWriteArrayList<>();
		given(this.authentication.tokens()).willReturn(new AtOtherNodes(asked));
		given(this.authentication.executor()).willReturn(Runnable::run);
		List<CompletableFuture<Authenticated>> waiting = new ArrayList<>();
		ExecutorService container = Executors.newCachedThreadPool();
		try {
			for (int i = 0; i < 32; i++) {
				waiting.add(CompletableFuture.supplyAsync(() -> this.tokens.check("ticket", null), container));
			}
			await().until(() -> asked.size() == 32);
			assertThatExceptionOfType(RequestRefusedException.class)
				.isThrownBy(() -> this.tokens.check("one more", null))
				.satisfies((refusal) -> assertThat(refusal.code()).isEqualTo(ErrorCode.TOO_MANY_REQUESTS));
			CompletableFuture<Authenticated> inAFrame = this.tokens.checkLater("ticket in a frame", null);
			assertThat(asked).hasSize(33);
			Authenticated client = new Authenticated(() -> "alice", null);
			asked.get(32).complete(client);
			assertThat(inAFrame).isCompletedWithValue(client);
			asked.get(0).completeExceptionally(new InvalidTokenException("used", null));
			await().until(() -> waiting.stream().anyMatch(CompletableFuture::isCompletedExceptionally));
			CompletableFuture<Authenticated> next = CompletableFuture
				.supplyAsync(() -> this.tokens.check("ticket", null), container);
			await().until(() -> asked.size() == 34);
			asked.forEach((each) -> each.complete(client));
			assertThat(next.get(30, TimeUnit.SECONDS)).isEqualTo(client);
		}
		finally {
			asked.forEach((each) -> each.cancel(true));
			container.shutdownNow();
		}
	}

	/**
	 * Asks other nodes about every token.
	 */
	private record AtOtherNodes(List<CompletableFuture<Authenticated>> asked) implements RemoteTokens {

		@Override
		public Authenticated authenticate(String token) {
			throw new IllegalStateException("Every token is another node's");
		}

		@Override
		public boolean isRemote(String token) {
			return true;
		}

		@Override
		public CompletableFuture<Authenticated> authenticateLater(String token, @Nullable Principal handshake) {
			CompletableFuture<Authenticated> answer = new CompletableFuture<>();
			this.asked.add(answer);
			return answer;
		}

	}

}
