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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.RepeatedFailures;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Runs the scripts of consumer groups, and encodes what they store. Never blocks; futures
 * fail with {@link RelayUnavailableException} if Redis does not answer in time. What
 * Redis refuses is logged and counted here, whatever the caller does with the future.
 */
final class GroupCalls {

	/** How many channels one call is about, at most. */
	static final int MAX_CHANNELS = 200;

	private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);

	private final RepeatedFailures refusals = new RepeatedFailures(LogFactory.getLog(GroupCalls.class), LOG_INTERVAL);

	private final Supplier<@Nullable RedisConnector> connector;

	private final RedisRelaySettings settings;

	GroupCalls(Supplier<@Nullable RedisConnector> connector, RedisRelaySettings settings) {
		this.connector = connector;
		this.settings = settings;
	}

	/**
	 * Run a script that returns an array.
	 * @param script the script
	 * @param keys its keys
	 * @param arguments its arguments: byte arrays, texts and numbers
	 * @return the reply: byte arrays and numbers
	 */
	CompletableFuture<List<?>> run(RedisScript script, List<byte[]> keys, Object... arguments) {
		return reported(started(() -> call(script, keys, arguments)));
	}

	/**
	 * Report it if a call fails because Redis refuses what a group needs, and will until
	 * somebody changes something. That Redis is away is reported by the relay.
	 * @param call the call's future
	 * @return the same future
	 */
	<T extends @Nullable Object> CompletableFuture<T> reported(CompletableFuture<T> call) {
		call.whenComplete((reply, ex) -> refused(Failures.unwrap(ex)));
		return call;
	}

	private void refused(@Nullable Throwable cause) {
		if (cause != null && RedisAnswers.isLasting(cause)) {
			this.refusals.failed(guard(),
					"Redis refuses what consumer groups need. They handle no messages, or not all", cause,
					"If a right is missing, grant the user of 'spring.data.redis.username' those that the page about"
							+ " Redis names for consumer groups; 'ACL LOG' of Redis says which");
		}
	}

	/**
	 * Report a failure that no broker has caused.
	 * @param failure the failure of a future, or {@code null} if there was none
	 */
	void unexpected(@Nullable Throwable failure) {
		Throwable cause = Failures.unwrap(failure);
		if (cause != null && !(cause instanceof RelayException)) {
			guard().failed(cause);
		}
	}

	private Guard guard() {
		RedisConnector connector = this.connector.get();
		return ((connector != null) ? connector.guards() : Guards.UNREPORTED).of(Part.LISTENERS);
	}

	private CompletableFuture<List<?>> call(RedisScript script, List<byte[]> keys, Object... arguments) {
		RedisConnector connector = this.connector.get();
		if (connector == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(RedisRelay.NAME, null));
		}
		List<byte[]> encoded = new ArrayList<>();
		for (Object argument : arguments) {
			encoded.add((argument instanceof byte[] bytes) ? bytes
					: String.valueOf(argument).getBytes(StandardCharsets.UTF_8));
		}
		return connector
			.withLink((link) -> link.run(RedisCall.script(script, keys, encoded, this.settings.commandTimeout())))
			.thenApply((reply) -> {
				if (reply == null) {
					throw new RelayUnavailableException(RedisRelay.NAME, null);
				}
				return (reply instanceof List<?> list) ? list : List.of(reply);
			});
	}

	/**
	 * Run a script with more arguments.
	 */
	CompletableFuture<List<?>> run(RedisScript script, List<byte[]> keys, List<?> first, List<?> more) {
		List<Object> all = new ArrayList<>(first);
		all.addAll(more);
		return run(script, keys, all.toArray());
	}

	static String text(Object part) {
		return new String((byte[]) part, StandardCharsets.UTF_8);
	}

	static long number(Object part) {
		return (Long) part;
	}

	static String encode(Position position) {
		return position.offset() + ":" + position.epoch();
	}

	static @Nullable Position position(Object part) {
		String text = text(part);
		int colon = text.indexOf(':');
		return (colon > 0) ? new Position(text.substring(colon + 1), Long.parseLong(text.substring(0, colon))) : null;
	}

	/**
	 * Return channels and positions as arguments of a script.
	 */
	static List<String> arguments(Map<String, Position> positions) {
		List<String> arguments = new ArrayList<>();
		positions.forEach((channel, position) -> {
			arguments.add(channel);
			arguments.add(encode(position));
		});
		return arguments;
	}

	/**
	 * Divide positions into parts of at most {@link #MAX_CHANNELS}.
	 */
	static List<Map<String, Position>> parts(Map<String, Position> positions) {
		List<Map<String, Position>> parts = new ArrayList<>();
		Map<String, Position> part = new LinkedHashMap<>();
		for (Map.Entry<String, Position> each : positions.entrySet()) {
			if (part.size() >= MAX_CHANNELS) {
				parts.add(part);
				part = new LinkedHashMap<>();
			}
			part.put(each.getKey(), each.getValue());
		}
		parts.add(part);
		return parts;
	}

	/**
	 * Begin a call. If that throws, the future fails with it, so that what was noted
	 * before the call is always taken back by the future's callback.
	 * @param call begins the call
	 * @return the call's future
	 */
	static <T extends @Nullable Object> CompletableFuture<T> started(Supplier<CompletableFuture<T>> call) {
		try {
			return call.get();
		}
		catch (RuntimeException | Error ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	/**
	 * Wait for some futures.
	 */
	static CompletableFuture<@Nullable Void> all(List<? extends CompletableFuture<?>> futures) {
		return CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new)).thenApply((nothing) -> null);
	}

}
