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

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Calls that Redis has not executed because it had lost their script, in order. One that
 * a later call with the same key has overtaken, because some other node loaded the script
 * between them, cannot be repeated without changing the order. For one thread at a time.
 */
final class LostScripts {

	private final List<RedisCall> calls = new ArrayList<>();

	/** How many calls stood here when one with the key was executed. */
	private final Map<ByteBuffer, Integer> overtaken = new HashMap<>();

	void add(RedisCall call) {
		this.calls.add(call);
	}

	void executed(RedisCall call) {
		RedisScript script = call.script();
		if (!this.calls.isEmpty() && script != null && script.isOrdered()) {
			this.overtaken.put(ByteBuffer.wrap(call.key()), this.calls.size());
		}
	}

	boolean isEmpty() {
		return this.calls.isEmpty();
	}

	/**
	 * Take all calls out.
	 * @param repeat receives those to be repeated, in order
	 * @param refuse receives those that were overtaken
	 */
	void drain(Consumer<RedisCall> repeat, Consumer<RedisCall> refuse) {
		List<RedisCall> calls = List.copyOf(this.calls);
		Map<ByteBuffer, Integer> overtaken = Map.copyOf(this.overtaken);
		this.calls.clear();
		this.overtaken.clear();
		for (int i = 0; i < calls.size(); i++) {
			RedisCall call = calls.get(i);
			RedisScript script = call.script();
			boolean late = script != null && script.isOrdered()
					&& i < overtaken.getOrDefault(ByteBuffer.wrap(call.key()), 0);
			(late ? refuse : repeat).accept(call);
		}
	}

}
