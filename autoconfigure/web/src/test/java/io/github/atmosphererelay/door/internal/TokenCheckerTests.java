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

import java.util.concurrent.Executor;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.security.internal.ClientContext;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link TokenChecker} without a thread to check on.
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

}
