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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;

/**
 * Tests for {@link TokenRenewal}.
 */
class TokenRenewalTests {

	private static final Authenticated ALICE = new Authenticated(() -> "alice", Instant.now().plusSeconds(60));

	private final TokenChecker tokens = mock();

	private final LocalSession session = mock();

	private final List<Object> heard = new ArrayList<>();

	private final TokenRenewal renewal = new TokenRenewal(this.tokens, this.session, ErrorCode.PERMISSION_DENIED);

	@BeforeEach
	void prepare() {
		given(this.session.principal()).willReturn(mock(Principal.class));
		given(this.tokens.refusal(any())).willAnswer((call) -> ((Throwable) call.getArgument(0)).getCause());
	}

	private CompletableFuture<Authenticated> renew() {
		CompletableFuture<Authenticated> check = new CompletableFuture<>();
		given(this.tokens.checkLater("token")).willReturn(check);
		this.renewal.renew("token", this.heard::add, (refusal) -> this.heard.add(refusal.code()));
		return check;
	}

	@Test
	void theSessionIsExtendedBeforeTheCallbackRuns() {
		CompletableFuture<Authenticated> check = renew();
		assertThat(this.heard).isEmpty();
		check.complete(ALICE);
		then(this.session).should().renew(ALICE.principal(), ALICE.expiresAt());
		assertThat(this.heard).containsExactly(ALICE);
	}

	@Test
	void oneTokenIsCheckedAtATime() {
		CompletableFuture<Authenticated> check = renew();
		assertThatExceptionOfType(RequestRefusedException.class).isThrownBy(this::renew)
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(ErrorCode.TOO_MANY_REQUESTS));
		check.complete(ALICE);
		renew().complete(ALICE);
		assertThat(this.heard).containsExactly(ALICE, ALICE);
	}

	/**
	 * A client that had its answer sent the next token while the node still looked what
	 * it may hear now, and was refused with "a token is being checked".
	 */
	@Test
	void aTokenThatComesAsSoonAsTheFormerIsAnsweredIsCheckedAfterIt() {
		CompletableFuture<Authenticated> first = new CompletableFuture<>();
		CompletableFuture<Authenticated> second = new CompletableFuture<>();
		given(this.tokens.checkLater("first")).willReturn(first);
		given(this.tokens.checkLater("second")).willReturn(second);
		this.renewal.renew("first", (client) -> {
			this.renewal.renew("second", (next) -> this.heard.add("second"), (refusal) -> this.heard.add(refusal));
			assertThatExceptionOfType(RequestRefusedException.class).as("there is room for one")
				.isThrownBy(this::renew);
			then(this.tokens).should(never()).checkLater("second");
			this.heard.add("first");
		}, (refusal) -> this.heard.add(refusal));
		first.complete(ALICE);
		assertThat(this.heard).containsExactly("first");
		assertThatExceptionOfType(RequestRefusedException.class).isThrownBy(this::renew);
		second.complete(ALICE);
		assertThat(this.heard).containsExactly("first", "second");
		renew().complete(ALICE);
		assertThat(this.heard).containsExactly("first", "second", ALICE);
	}

	@Test
	void anotherUsersTokenIsRefusedWithTheDoorsCode() {
		willThrow(new IllegalArgumentException("another user")).given(this.session).renew(any(), any());
		renew().complete(ALICE);
		assertThat(this.heard).containsExactly(ErrorCode.PERMISSION_DENIED);
	}

	@Test
	void whatFailsAfterTheCheckIsARefusalAndTheNextTokenIsTaken() {
		CompletableFuture<Authenticated> check = new CompletableFuture<>();
		given(this.tokens.checkLater("token")).willReturn(check);
		this.renewal.renew("token", (client) -> {
			throw new RequestRefusedException(ErrorCode.INTERNAL, "no database");
		}, (refusal) -> this.heard.add(refusal.code()));
		check.complete(ALICE);
		renew().complete(ALICE);
		assertThat(this.heard).containsExactly(ErrorCode.INTERNAL, ALICE);
	}

}
