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

package io.github.atmosphererelay.relay.redis.internal;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.RedisCommand;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link LettuceScriptRunner} without a server: an Error ends nothing but what
 * it was thrown in.
 */
class LettuceScriptRunnerTests {

	private final StatefulRedisConnection<byte[], byte[]> connection = mock();

	private final Executor completions = mock();

	private final LettuceScriptRunner scripts = new LettuceScriptRunner(new LettuceRefusals(100), new PendingBytes(),
			this.completions);

	private RedisCall run() {
		RedisCall call = RedisCall.script(RedisScript.read(), List.of(new byte[1]), List.of(), Duration.ofSeconds(10));
		this.scripts.run(call);
		return call;
	}

	@Test
	@SuppressWarnings("unchecked")
	void callsAreAnsweredAfterErrorsInACallAndInACompletion() {
		willThrow(new OutOfMemoryError("injected")).willAnswer((call) -> {
			call.getArgument(0, RedisCommand.class).complete();
			return null;
		}).given(this.connection).dispatch(any(RedisCommand.class));
		willThrow(new OutOfMemoryError("unable to create native thread")).willAnswer((call) -> {
			call.getArgument(0, Runnable.class).run();
			return null;
		}).given(this.completions).execute(any());
		this.scripts.open(this.connection);
		RedisCall first = run();
		assertThat(first.result()).isNotDone();
		RedisCall second = run();
		assertThat(second.result()).isCompleted();
		assertThat(first.result()).isCompletedWithValue(null);
		assertThat(run().result()).isCompleted();
	}

	/**
	 * After the end nothing comes that would complete them, too.
	 */
	@Test
	void resultsAreCompletedAtTheEndAlthoughNoThreadCanBeCreated() {
		willThrow(new OutOfMemoryError("unable to create native thread")).given(this.completions).execute(any());
		RedisCall waiting = run();
		assertThat(waiting.result()).isNotDone();
		this.scripts.close(new IllegalStateException("closed"));
		assertThat(waiting.result()).isCompletedExceptionally();
		assertThat(run().result()).isCompletedExceptionally();
	}

}
