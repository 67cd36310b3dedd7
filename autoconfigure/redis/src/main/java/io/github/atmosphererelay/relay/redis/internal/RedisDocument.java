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
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
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

	/** The driver needs one, and no envelope is sent. */
	private static final EnvelopeCodec NO_ENVELOPES = new EnvelopeCodec(1024);

	private final RedisDriver driver;

	private final byte[] key;

	private final byte[] channel;

	private final Duration timeout;

	private final @Nullable Runnable changed;

	private @Nullable Attachment attachment;

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
		this.driver = RedisDriver.of(applicationFactory,
				new RedisRelaySettings(key, NO_ENVELOPES, MAX_PENDING, timeout));
		if (!this.driver.runsScripts()) {
			throw new IllegalArgumentException("With Redis Cluster, Lettuce is needed"
					+ " (spring.data.redis.client-type=lettuce) instead of " + this.driver.name());
		}
		this.key = key.getBytes(StandardCharsets.UTF_8);
		this.channel = (key + ":changed").getBytes(StandardCharsets.UTF_8);
		this.timeout = timeout;
		this.changed = changed;
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
	public synchronized Saved save(String document, long term, long counter, String digest) {
		String reply = run(SAVE, document, Long.toString(term), Long.toString(counter), digest,
				new String(this.channel, StandardCharsets.UTF_8));
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
	public synchronized @Nullable String read() {
		String reply = run(READ);
		return reply.isEmpty() ? null : reply;
	}

	/**
	 * Close the connections. They open again when the document is used again.
	 */
	public synchronized void close() {
		release();
		this.driver.close();
	}

	private String run(RedisScript script, String... arguments) {
		try {
			RedisLink link = link();
			Object reply = link.run(RedisCall.script(script, List.of(this.key),
					Arrays.stream(arguments).map((text) -> text.getBytes(StandardCharsets.UTF_8)).toList(),
					this.timeout))
				.get(2 * this.timeout.toMillis(), TimeUnit.MILLISECONDS);
			if (reply == null) {
				throw new TimeoutException("Redis has refused the script, or has not answered in time");
			}
			// Lettuce returns every reply as a list
			return new String((byte[]) ((reply instanceof List<?> list) ? list.get(0) : reply), StandardCharsets.UTF_8);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new RelayUnavailableException(RedisRelay.NAME, ex);
		}
		catch (TimeoutException | ExecutionException | RuntimeException ex) {
			release();
			throw new RelayUnavailableException(RedisRelay.NAME,
					(ex instanceof ExecutionException || ex instanceof CompletionException) ? ex.getCause() : ex);
		}
	}

	private RedisLink link() {
		Attachment attachment = this.attachment;
		RedisLink link = (attachment != null && !attachment.lost) ? attachment.link : null;
		if (link != null) {
			return link;
		}
		release();
		attachment = new Attachment(this.changed);
		this.attachment = attachment;
		link = this.driver.connect(attachment);
		attachment.link = link;
		if (this.changed != null) {
			link.subscribe(List.of(this.channel));
		}
		return link;
	}

	private void release() {
		Attachment attachment = this.attachment;
		this.attachment = null;
		RedisLink link = (attachment != null) ? attachment.link : null;
		if (link != null) {
			// Closing a frozen connection may block
			Threads.factory("redis-closer").newThread(link::close).start();
		}
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
	 * A link and its events.
	 */
	private static final class Attachment implements RedisLink.Listener {

		private final @Nullable Runnable changed;

		private @Nullable RedisLink link;

		private volatile boolean lost;

		private Attachment(@Nullable Runnable changed) {
			this.changed = changed;
		}

		@Override
		public void message(byte[] message) {
			change();
		}

		@Override
		public void subscribed(byte[] channel) {
			change();
		}

		@Override
		public void lost(Throwable cause) {
			this.lost = true;
			change();
		}

		private void change() {
			if (this.changed != null) {
				this.changed.run();
			}
		}

	}

}
