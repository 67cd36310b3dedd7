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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LostScripts}.
 */
class LostScriptsTests {

	private static final RedisScript APPEND = RedisScript.append(1);

	private static final RedisScript READ = RedisScript.read();

	private final LostScripts lost = new LostScripts();

	private final List<RedisCall> repeated = new ArrayList<>();

	private final List<RedisCall> refused = new ArrayList<>();

	@Test
	void callsAreRepeatedInOrder() {
		RedisCall one = call(APPEND, "a");
		RedisCall two = call(READ, "a");
		RedisCall three = call(APPEND, "b");
		List.of(one, two, three).forEach(this.lost::add);
		drain();
		assertThat(this.repeated).containsExactly(one, two, three);
		assertThat(this.refused).isEmpty();
		assertThat(this.lost.isEmpty()).isTrue();
	}

	@Test
	void anAppendThatALaterOneOfItsChannelHasOvertakenIsRefused() {
		RedisCall overtaken = call(APPEND, "a");
		RedisCall read = call(READ, "a");
		RedisCall other = call(APPEND, "b");
		RedisCall later = call(APPEND, "a");
		List.of(overtaken, read, other).forEach(this.lost::add);
		this.lost.executed(call(APPEND, "a"));
		this.lost.executed(call(READ, "b"));
		this.lost.add(later);
		drain();
		assertThat(this.refused).containsExactly(overtaken);
		assertThat(this.repeated).containsExactly(read, other, later);
	}

	@Test
	void aCallExecutedBeforeTheLossOvertakesNothing() {
		this.lost.executed(call(APPEND, "a"));
		this.lost.add(call(APPEND, "a"));
		drain();
		assertThat(this.refused).isEmpty();
	}

	private void drain() {
		this.lost.drain(this.repeated::add, this.refused::add);
	}

	private static RedisCall call(RedisScript script, String key) {
		return RedisCall.script(script, List.of(key.getBytes(StandardCharsets.UTF_8)), List.of(),
				Duration.ofSeconds(1));
	}

}
