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

package io.github.atmosphererelay.httpsession.internal;

import io.github.atmosphererelay.door.internal.HttpSessionRegistry;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;

/**
 * Tests for {@link HttpSessionIdChanges} without Redis.
 */
@ExtendWith(OutputCaptureExtension.class)
class HttpSessionIdChangesTests {

	private static final String NOT_IN_ORDER = "Spring Session's filter does not run before";

	private final RedisHttpSessions sessions = mock();

	private final HttpSessionRegistry registry = mock();

	private final HttpSessionIdChanges changes = new HttpSessionIdChanges(this.sessions, this.registry);

	private final MockHttpServletRequest request = new MockHttpServletRequest();

	private final String oldId = this.request.getSession().getId();

	private void request(FilterChain application) throws Exception {
		MockHttpServletResponse response = new MockHttpServletResponse();
		this.changes.outer()
			.doFilter(this.request, response,
					(outer, same) -> this.changes.inner().doFilter(outer, response, application));
	}

	@Test
	void aNewIdIsStoredForTheOthersAndThenKnownHere(CapturedOutput output) throws Exception {
		this.request.setAttribute("org.springframework.session.SessionRepository", "any");
		request((request, response) -> {
			String newId = ((HttpServletRequest) request).changeSessionId();
			verify(this.sessions).rename(this.oldId, newId);
			verify(this.registry, never()).renamed(any(), any());
		});
		verify(this.registry).renamed(this.oldId, this.request.getSession().getId());
		assertThat(output.getAll()).doesNotContain(NOT_IN_ORDER);
	}

	@Test
	void afterAnExceptionTheCheckFindsOutWhichIdIsStored() {
		assertThatThrownBy(() -> request((request, response) -> {
			((HttpServletRequest) request).changeSessionId();
			throw new ServletException("Not saved");
		})).hasMessage("Not saved");
		verify(this.registry, never()).renamed(any(), any());
	}

	@Test
	void aNewIdThatCannotBeStoredForTheOthersIsLoggedAndKnownHere(CapturedOutput output) throws Exception {
		willThrow(new IllegalStateException("Redis is away")).given(this.sessions).rename(any(), any());
		request((request, response) -> ((HttpServletRequest) request).changeSessionId());
		verify(this.registry).renamed(this.oldId, this.request.getSession().getId());
		assertThat(output.getAll()).contains("could not be stored for the other nodes");
	}

	@Test
	void aFilterOfSpringSessionThatRunsLaterIsLoggedOnce(CapturedOutput output) throws Exception {
		for (int i = 0; i < 2; i++) {
			request((request, response) -> {
			});
		}
		assertThat(output.getAll()).containsOnlyOnce(NOT_IN_ORDER);
	}

}
