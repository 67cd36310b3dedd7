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
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * A command on its way to Redis: a PUBLISH or a script. Its result completes with Redis's
 * reply, or with {@code null} if no reply came in time and the command may have been
 * executed. It fails if the command was certainly not executed. A command that may have
 * been executed is never sent again.
 */
final class RedisCall {

	private final @Nullable RedisScript script;

	private final int keys;

	private final byte[][] arguments;

	private final int size;

	private final long deadline;

	private final CompletableFuture<@Nullable Object> result = new CompletableFuture<>();

	private RedisCall(@Nullable RedisScript script, int keys, byte[][] arguments, Duration timeout) {
		this.script = script;
		this.keys = keys;
		this.arguments = arguments;
		this.size = Arrays.stream(arguments).mapToInt((argument) -> argument.length).sum();
		this.deadline = System.nanoTime() + timeout.toNanos();
	}

	static RedisCall publish(byte[] channel, byte[] message, Duration timeout) {
		return new RedisCall(null, 0, new byte[][] { channel, message }, timeout);
	}

	static RedisCall script(RedisScript script, List<byte[]> keys, List<byte[]> arguments, Duration timeout) {
		byte[][] all = new byte[keys.size() + arguments.size()][];
		for (int i = 0; i < all.length; i++) {
			all[i] = (i < keys.size()) ? keys.get(i) : arguments.get(i - keys.size());
		}
		return new RedisCall(script, keys.size(), all, timeout);
	}

	@Nullable RedisScript script() {
		return this.script;
	}

	/**
	 * Return the first key, which decides on the node in a Redis Cluster.
	 * @return the key
	 */
	byte[] key() {
		return this.arguments[0];
	}

	/**
	 * Return the arguments after the command's name.
	 * @param whole whether to send the script's text instead of its digest
	 * @return the arguments
	 */
	byte[][] arguments(boolean whole) {
		if (this.script == null) {
			return this.arguments;
		}
		byte[][] all = new byte[this.arguments.length + 2][];
		all[0] = whole ? this.script.text() : this.script.sha();
		all[1] = Integer.toString(this.keys).getBytes(StandardCharsets.US_ASCII);
		System.arraycopy(this.arguments, 0, all, 2, this.arguments.length);
		return all;
	}

	int size() {
		return this.size;
	}

	boolean isOverdue(long now) {
		return now - this.deadline >= 0;
	}

	CompletableFuture<@Nullable Object> result() {
		return this.result;
	}

	/**
	 * Fail the call, which was not executed and never will be.
	 * @param cause the reason, or {@code null} if Redis is away
	 */
	void refuse(@Nullable Throwable cause) {
		this.result.completeExceptionally(new RelayUnavailableException(RedisRelay.NAME, cause));
	}

}
