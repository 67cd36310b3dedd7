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

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.door.internal.SharedHttpSessions.Changes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.session.SaveMode;
import org.springframework.session.data.redis.RedisIndexedSessionRepository;
import org.springframework.session.data.redis.RedisIndexedSessionRepository.RedisSession;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisHttpSessions} with Spring Session's repository and Redis, about
 * what happens at the same time.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RedisHttpSessionsTests {

	private static final Duration INTERVAL = Duration.ofMinutes(1);

	private final RedisServers.Standalone server = RedisServers.standalone();

	private final LettuceConnectionFactory connections = new LettuceConnectionFactory(RedisServers.HOST,
			this.server.port());

	private final RedisTemplate<String, Object> redis = new RedisTemplate<>();

	private RedisIndexedSessionRepository repository;

	private RedisHttpSessions sessions;

	@BeforeAll
	void start() {
		this.connections.afterPropertiesSet();
		this.connections.start();
		this.redis.setKeySerializer(RedisSerializer.string());
		this.redis.setHashKeySerializer(RedisSerializer.string());
		this.redis.setConnectionFactory(this.connections);
		this.redis.afterPropertiesSet();
		this.repository = repository(this.redis);
		this.sessions = new RedisHttpSessions(this.repository, Runnable::run);
	}

	@AfterAll
	void stop() {
		this.connections.destroy();
		this.server.close();
	}

	private static RedisIndexedSessionRepository repository(RedisOperations<String, Object> redis) {
		RedisIndexedSessionRepository repository = new RedisIndexedSessionRepository(redis);
		repository.setSaveMode(SaveMode.ALWAYS);
		return repository;
	}

	/**
	 * HTTP sessions for which something happens before one of the calls of Redis.
	 * @param call the number of the call, from 0
	 */
	private RedisHttpSessions before(int call, Runnable action) {
		AtomicInteger calls = new AtomicInteger();
		@SuppressWarnings("unchecked")
		RedisOperations<String, Object> redis = (RedisOperations<String, Object>) Proxy.newProxyInstance(
				getClass().getClassLoader(), new Class<?>[] { RedisOperations.class }, (proxy, method, args) -> {
					if (method.getName().equals("execute") && calls.getAndIncrement() == call) {
						action.run();
					}
					try {
						return method.invoke(this.redis, args);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				});
		return new RedisHttpSessions(repository(redis), Runnable::run);
	}

	/**
	 * Create an HTTP session whose last access was 10 minutes ago.
	 */
	private String create() {
		RedisSession session = this.repository.createSession();
		session.setAttribute("basket", "apple");
		session.setLastAccessedTime(Instant.now().minus(Duration.ofMinutes(10)));
		this.repository.save(session);
		return session.getId();
	}

	private String rename(String id) {
		RedisSession session = this.repository.findById(id);
		String newId = session.changeSessionId();
		this.sessions.rename(id, newId);
		this.repository.save(session);
		return newId;
	}

	private Changes changes(String id) {
		return this.sessions.changes(List.of(id));
	}

	private static String expires(String id) {
		return "spring:session:sessions:expires:" + id;
	}

	private void assertEnded(String id) {
		assertThat(this.redis.hasKey(expires(id))).isFalse();
		assertThat(this.repository.findById(id)).isNull();
		assertThat(changes(id)).isEqualTo(new Changes(Set.of(id), Map.of()));
	}

	private void assertUnchanged(String id) {
		assertThat(changes(id)).isEqualTo(new Changes(Set.of(), Map.of()));
	}

	@Test
	void aTouchIsAnAccess() {
		String id = create();
		Instant start = Instant.now().truncatedTo(ChronoUnit.MILLIS);
		this.redis.expire(expires(id), Duration.ofMinutes(20));
		assertThat(this.sessions.touch(id, INTERVAL)).isTrue();
		RedisSession session = this.repository.findById(id);
		assertThat(session.getLastAccessedTime()).isBetween(start, Instant.now());
		assertThat(session.<String>getAttribute("basket")).isEqualTo("apple");
		assertThat(this.redis.getExpire(expires(id))).isBetween(29 * 60L, 30 * 60L);
		assertThat(this.redis.getExpire("spring:session:sessions:" + id)).isBetween(34 * 60L, 35 * 60L);
		Instant end = session.getLastAccessedTime().plus(Duration.ofMinutes(31)).truncatedTo(ChronoUnit.MINUTES);
		assertThat(this.redis.keys("spring:session:expirations:*"))
			.filteredOn((key) -> this.redis.opsForSet().isMember(key, "expires:" + id))
			.containsExactly("spring:session:expirations:" + end.toEpochMilli());
		assertThat(this.sessions.touch(id, INTERVAL)).isTrue();
		assertThat(this.repository.findById(id).getLastAccessedTime()).isEqualTo(session.getLastAccessedTime());
	}

	@Test
	void aTouchAfterALogOutBringsNothingBack() {
		String id = create();
		this.repository.deleteById(id);
		assertThat(this.sessions.touch(id, INTERVAL)).isFalse();
		assertEnded(id);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2, 3 })
	void aTouchDuringALogOutBringsNothingBack(int call) {
		String id = create();
		before(call, () -> this.repository.deleteById(id)).touch(id, INTERVAL);
		assertEnded(id);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2 })
	void aTouchDuringANewIdBringsTheOldOneNotBack(int call) {
		String id = create();
		String[] newId = new String[1];
		assertThat(before(call, () -> newId[0] = rename(id)).touch(id, INTERVAL)).isFalse();
		assertThat(this.redis.hasKey("spring:session:sessions:" + id)).isFalse();
		assertThat(this.redis.hasKey(expires(id))).isFalse();
		assertThat(this.repository.findById(newId[0])).isNotNull();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2, 3 })
	void aTouchDoesNotWriteTheAttributes(int call) {
		String id = create();
		before(call, () -> {
			RedisSession session = this.repository.findById(id);
			session.setAttribute("basket", "pear");
			this.repository.save(session);
		}).touch(id, INTERVAL);
		assertThat(this.repository.findById(id).<String>getAttribute("basket")).isEqualTo("pear");
	}

	@Test
	void anOldIdThatALateRequestHasBroughtBackDoesNotHideTheNewOne() {
		String id = create();
		RedisSession late = this.repository.findById(id);
		late.setLastAccessedTime(Instant.now());
		String newId = rename(id);
		this.repository.save(late);
		assertThat(this.redis.hasKey(expires(id))).isTrue();
		assertThat(changes(id)).isEqualTo(new Changes(Set.of(), Map.of(id, newId)));
		this.repository.deleteById(newId);
		// A late request that writes less than the repository does here leaves a part
		this.redis.opsForHash().delete("spring:session:sessions:" + id, "creationTime");
		assertThat(changes(id)).isEqualTo(new Changes(Set.of(id), Map.of()));
	}

	@Test
	void aNewIdThatIsNotStoredYetChangesNothing() {
		String id = create();
		this.sessions.rename(id, "new");
		assertUnchanged(id);
	}

	@Test
	void manyNewIdsAreFollowedInSeveralLooks() {
		String first = create();
		String last = first;
		for (int i = 0; i < 7; i++) {
			last = rename(last);
		}
		String found = first;
		for (int i = 0; i < 2; i++) {
			Changes changes = changes(found);
			assertThat(changes.ended()).isEmpty();
			found = changes.renamed().get(found);
		}
		assertThat(found).isEqualTo(last);
		assertUnchanged(last);
	}

	@Test
	void anHttpSessionWhoseKeyForTheEventIsEvictedGoesOn() {
		String id = create();
		this.redis.delete(expires(id));
		assertUnchanged(id);
	}

}
