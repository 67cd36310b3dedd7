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
import java.util.Objects;

import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.RedisConnectionFactory;

/**
 * A JSON document with a version that Redis keeps under one key, with a Redis channel
 * that carries each change. The version is the document's own {@code term},
 * {@code counter} and {@code digest}. Redis compares and replaces it in one script.
 * <p>
 * The two connections are made like the relay's, with its timeouts, from the
 * application's configuration. They open when they are first used, and again after a
 * failure. All methods block, and are called by one thread at a time.
 */
public final class RedisDocument {

	private static final RedisScript SAVE = RedisScript.saveDocument();

	private static final RedisScript READ = RedisScript.readDocument();

	private static final int MAX_PENDING = 16;

	private final RedisCalls calls;

	private final byte[] key;

	private final String channel;

	/**
	 * Create a document. It connects when it is first used.
	 * @param applicationFactory the application's Lettuce or Jedis connection factory
	 * @param key the key
	 * @param timeout the maximum time to connect, and to wait for an answer
	 * @param changed called when the document has changed, or may have changed unnoticed,
	 * on a thread of the client library, so that it must not block; {@code null} if the
	 * document is only written
	 * @throws IllegalArgumentException if the factory's type is not supported, or the
	 * client cannot run scripts with this configuration
	 */
	public RedisDocument(RedisConnectionFactory applicationFactory, String key, Duration timeout,
			@Nullable Runnable changed) {
		this.key = key.getBytes(StandardCharsets.UTF_8);
		this.channel = key + ":changed";
		this.calls = (changed != null)
				? new RedisCalls(applicationFactory, key, MAX_PENDING, timeout, this.channel, new Changes(changed))
				: new RedisCalls(applicationFactory, key, MAX_PENDING, timeout);
	}

	/**
	 * Replace the document, unless Redis has a newer one.
	 * @param document the document, a JSON object
	 * @param term its term, less than 2<sup>53</sup>
	 * @param counter its counter, less than 2<sup>53</sup>
	 * @param digest its digest
	 * @return whether it was written
	 * @throws RelayUnavailableException if Redis has not executed it, or has not said so
	 * in time
	 */
	public Saved save(String document, long term, long counter, String digest) {
		String reply = run(SAVE, document, Long.toString(term), Long.toString(counter), digest, this.channel);
		return switch (reply) {
			case "1" -> Saved.WRITTEN;
			case "0" -> Saved.PRESENT;
			default -> Saved.NEWER_PRESENT;
		};
	}

	/**
	 * Read the document.
	 * @return the document, or {@code null} if there is none
	 * @throws RelayUnavailableException if Redis has not answered in time
	 */
	public @Nullable String read() {
		String reply = run(READ);
		return reply.isEmpty() ? null : reply;
	}

	/**
	 * Close the connections. They open again when the document is used again.
	 */
	public void close() {
		this.calls.close();
	}

	private String run(RedisScript script, String... arguments) {
		List<?> reply = this.calls.call(script, List.of(this.key),
				Arrays.stream(arguments).map((text) -> text.getBytes(StandardCharsets.UTF_8)).toList());
		return new String((byte[]) Objects.requireNonNull(reply.get(0)), StandardCharsets.UTF_8);
	}

	/**
	 * What has become of a document that was to be saved.
	 */
	public enum Saved {

		/** It was written, and published. */
		WRITTEN,

		/** The same document was there. */
		PRESENT,

		/** A newer one was there, and stays. */
		NEWER_PRESENT

	}

	/**
	 * Each of them may be a change, or have hidden one.
	 */
	private record Changes(Runnable changed) implements RedisCalls.Listener {

		@Override
		public void message(byte[] message) {
			this.changed.run();
		}

		@Override
		public void connected() {
			this.changed.run();
		}

		@Override
		public void interrupted() {
			this.changed.run();
		}

	}

}
