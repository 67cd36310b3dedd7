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

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionEvent;
import org.junit.jupiter.api.Test;

import org.springframework.mock.web.MockHttpSession;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;

/**
 * Tests for {@link HttpSessionRegistry} without a server.
 */
class HttpSessionRegistryTests {

	private final HandshakeGate gate = new HandshakeGate();

	private final Store store = new Store();

	private final HttpSessionRegistry registry = new HttpSessionRegistry(this.gate, true, Runnable::run,
			() -> this.store);

	private static HttpSession httpSession(String id) {
		return new MockHttpSession(null, id);
	}

	private static LocalSession open(HttpSessionRegistry registry, HttpSession httpSession, boolean shared) {
		LocalSession session = mock();
		registry.opened(new ClientProof(null, null, 0, httpSession, shared), session);
		return session;
	}

	private LocalSession open(String id) {
		return open(this.registry, httpSession(id), true);
	}

	private void end(String id) {
		this.registry.sessionDestroyed(new HttpSessionEvent(httpSession(id)));
	}

	private static void assertOpen(LocalSession session) {
		verify(session, never()).close(any());
	}

	private static void assertLoggedOut(LocalSession session) {
		verify(session).close(CloseReason.LOGGED_OUT);
	}

	@Test
	void anEndBetweenTheHandshakeAndTheRegistrationClosesTheClient() {
		end("a");
		assertLoggedOut(open("a"));
	}

	@Test
	void anEndThatOnlyACheckHasFoundDoesNotKeepTheUserOut() {
		LocalSession first = open("a");
		this.registry.missedEnd("a");
		assertLoggedOut(first);
		assertThat(this.registry.missedEnds()).isOne();
		assertOpen(open("a"));
	}

	@Test
	void anEndWhoseEventComesBeforeTheNewIdClosesTheClients() {
		LocalSession session = open("a");
		end("b");
		assertOpen(session);
		this.registry.renamed("a", "b");
		assertLoggedOut(session);
	}

	@Test
	void clientsOfTheOldAndTheNewIdAreClosedTogether() {
		LocalSession old = open("a");
		LocalSession young = open("b");
		this.registry.renamed("a", "b");
		end("a");
		assertOpen(old);
		end("b");
		assertLoggedOut(old);
		assertLoggedOut(young);
	}

	@Test
	void aNodeThatStopsActsOnTheEndOfSharedHttpSessionsOnly() {
		LocalSession shared = open("a");
		LocalSession own = open(this.registry, httpSession("b"), false);
		this.gate.shut();
		end("a");
		end("b");
		assertLoggedOut(shared);
		assertOpen(own);
	}

	@Test
	void whereSharedHttpSessionsAreOffTheirEndClosesNoClient() {
		HttpSessionRegistry off = new HttpSessionRegistry(this.gate, true, Runnable::run, () -> null);
		LocalSession session = open(off, httpSession("a"), true);
		off.used(session);
		off.sessionDestroyed(new HttpSessionEvent(httpSession("a")));
		assertOpen(session);
	}

	@Test
	void anAttemptToKeepAliveThatIsRejectedOrFailsIsCountedAndRepeatedSoon() {
		MockHttpSession httpSession = new MockHttpSession(null, "a");
		httpSession.setMaxInactiveInterval(1);
		LocalSession session = open(this.registry, httpSession, true);
		this.store.rejects = true;
		awaitUse(session, () -> this.registry.rejectedTouches() == 1);
		this.store.rejects = false;
		this.store.fails = true;
		awaitUse(session, () -> this.registry.failedTouches() == 1);
		this.store.fails = false;
		awaitUse(session, () -> this.store.touched == 1);
		assertThat(this.registry.rejectedTouches()).isOne();
		assertThat(this.registry.failedTouches()).isOne();
	}

	@Test
	void aLoginThatHasEndedIsNotKeptAliveByATaskThatWasWaiting() {
		MockHttpSession httpSession = new MockHttpSession(null, "a");
		httpSession.setMaxInactiveInterval(1);
		LocalSession session = open(this.registry, httpSession, true);
		this.store.holds = true;
		awaitUse(session, () -> this.store.held != null);
		end("a");
		Runnable held = this.store.held;
		assertThat(held).isNotNull();
		held.run();
		assertThat(this.store.touched).isZero();
	}

	private void awaitUse(LocalSession session, BooleanSupplier condition) {
		await().pollInterval(Duration.ofMillis(10)).until(() -> {
			this.registry.used(session);
			return condition.getAsBoolean();
		});
	}

	/**
	 * A store that fails when it has to.
	 */
	private static final class Store implements SharedHttpSessions {

		private volatile boolean rejects;

		private volatile boolean fails;

		private volatile boolean holds;

		private volatile Runnable held;

		private volatile int touched;

		@Override
		public boolean touch(String id, Duration interval) {
			if (this.fails) {
				throw new IllegalStateException("The store is away");
			}
			this.touched = this.touched + 1;
			return true;
		}

		@Override
		public Changes changes(Collection<String> ids) {
			return new Changes(Set.of(), Map.of());
		}

		@Override
		public Executor executor() {
			return (task) -> {
				if (this.rejects) {
					throw new RejectedExecutionException("full");
				}
				if (this.holds) {
					this.held = task;
				}
				else {
					task.run();
				}
			};
		}

	}

}
