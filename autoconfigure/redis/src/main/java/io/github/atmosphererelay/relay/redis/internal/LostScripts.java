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
 * Calls that Redis did not execute because it had lost their script, in order. If another
 * node loads the script in the meantime, a later call with the same key may be executed
 * before an earlier one of this list. The earlier call then cannot be repeated without
 * changing the order. For one thread at a time.
 */
final class LostScripts {

	private final List<RedisCall> calls = new ArrayList<>();

	/** By key: how many calls were in the list when a call with the key was executed. */
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
	 * Remove all calls.
	 * @param repeat receives the calls that have to be repeated, in order
	 * @param refuse receives the calls that a later one has overtaken
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
