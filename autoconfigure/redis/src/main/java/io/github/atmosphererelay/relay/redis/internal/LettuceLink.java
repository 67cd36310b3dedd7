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

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.jspecify.annotations.Nullable;

/**
 * A link of two Lettuce connections and, in a Redis Cluster, those that run scripts. No
 * method blocks, except {@link #close()} for half a second at most.
 */
final class LettuceLink extends RedisPubSubAdapter<byte[], byte[]> implements RedisLink, RedisConnectionStateListener {

	private static final long CLOSE_TIMEOUT_MILLIS = 500;

	private final StatefulRedisPubSubConnection<byte[], byte[]> publisher;

	private final StatefulRedisPubSubConnection<byte[], byte[]> subscriber;

	private final ScriptRunner scripts;

	private final RedisServerInfo server;

	private final LettuceRefusals refusals;

	private final PendingBytes pendingBytes;

	private final RedisLink.Listener listener;

	private final AtomicInteger pending = new AtomicInteger();

	/**
	 * Create a link.
	 * @param publisher the connection that publishes
	 * @param subscriber the connection that receives
	 * @param scripts runs scripts
	 * @param server information about the server
	 * @param refusals recognizes commands that were not executed
	 * @param pendingBytes counts the bytes that Lettuce holds, including those of scripts
	 * @param listener is told of messages, confirmations and losses
	 */
	LettuceLink(StatefulRedisPubSubConnection<byte[], byte[]> publisher,
			StatefulRedisPubSubConnection<byte[], byte[]> subscriber, ScriptRunner scripts, RedisServerInfo server,
			LettuceRefusals refusals, PendingBytes pendingBytes, RedisLink.Listener listener) {
		this.publisher = publisher;
		this.subscriber = subscriber;
		this.scripts = scripts;
		this.server = server;
		this.refusals = refusals;
		this.pendingBytes = pendingBytes;
		this.listener = listener;
	}

	/**
	 * Start to listen to the connections.
	 */
	void watch() {
		this.subscriber.addListener((RedisPubSubListener<byte[], byte[]>) this);
		this.subscriber.addListener((RedisConnectionStateListener) this);
		this.publisher.addListener((RedisConnectionStateListener) this);
		if (!this.subscriber.isOpen() || !this.publisher.isOpen()) {
			this.listener.lost(new RedisException("The connection to Redis was lost"));
		}
	}

	@Override
	public RedisServerInfo server() {
		return this.server;
	}

	@Override
	public CompletableFuture<Outcome> publish(byte[] channel, byte[] message) {
		int size = channel.length + message.length;
		RelayOverloadedException overload = admit(size);
		if (overload != null) {
			return CompletableFuture.failedFuture(overload);
		}
		CompletableFuture<Outcome> result = new CompletableFuture<>();
		AsyncCommand<byte[], byte[], Long> answer = new AsyncCommand<>(
				new Command<>(CommandType.PUBLISH, new IntegerOutput<>(ByteArrayCodec.INSTANCE),
						new CommandArgs<>(ByteArrayCodec.INSTANCE).add(channel).add(message)));
		answer.whenComplete((receivers, ex) -> complete(result, ex));
		LettuceCommand<Long> command = new LettuceCommand<>(answer, () -> this.pendingBytes.remove(size));
		try {
			this.publisher.dispatch(command);
		}
		catch (Throwable ex) {
			// An Error too: otherwise its count and its bytes would never be released
			command.completeExceptionally(ex);
		}
		return result;
	}

	private @Nullable RelayOverloadedException admit(int size) {
		if (this.pending.incrementAndGet() > this.refusals.maxPending()) {
			this.pending.decrementAndGet();
			return new RelayOverloadedException(RedisRelay.NAME, this.refusals.maxPending());
		}
		RelayOverloadedException overload = this.pendingBytes.add(size);
		if (overload != null) {
			this.pending.decrementAndGet();
		}
		return overload;
	}

	private void complete(CompletableFuture<Outcome> result, @Nullable Throwable ex) {
		this.pending.decrementAndGet();
		if (ex == null) {
			result.complete(Outcome.RELAYED);
			return;
		}
		RelayException refusal = this.refusals.refusal(Failures.unwrap(ex));
		if (refusal != null) {
			result.completeExceptionally(refusal);
		}
		else {
			result.complete(Outcome.UNCONFIRMED);
		}
	}

	@Override
	public CompletableFuture<@Nullable Object> run(RedisCall call) {
		RelayOverloadedException overload = admit(call.size());
		if (overload != null) {
			return CompletableFuture.failedFuture(overload);
		}
		call.result().whenComplete((reply, ex) -> this.pending.decrementAndGet());
		this.scripts.run(call);
		return call.result();
	}

	@Override
	public void subscribe(List<byte[]> channels) {
		failLink(this.subscriber.async().subscribe(channels.toArray(new byte[0][])));
	}

	@Override
	public void unsubscribe(List<byte[]> channels) {
		failLink(this.subscriber.async().unsubscribe(channels.toArray(new byte[0][])));
	}

	private void failLink(RedisFuture<Void> answer) {
		answer.whenComplete((done, ex) -> {
			if (ex != null) {
				this.listener.lost(ex);
			}
		});
	}

	@Override
	public void close() {
		this.scripts.close();
		// Lettuce closes connections that it considers open, and logs a warning for each.
		CompletableFuture.allOf(this.publisher.closeAsync(), this.subscriber.closeAsync())
			.completeOnTimeout(null, CLOSE_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
			.exceptionally((ex) -> null)
			.join();
	}

	@Override
	public void message(byte[] channel, byte[] message) {
		this.listener.message(message);
	}

	@Override
	public void subscribed(byte[] channel, long count) {
		this.listener.subscribed(channel);
	}

	@Override
	public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
		this.listener.lost(new RedisException("The connection to Redis was lost"));
	}

}
