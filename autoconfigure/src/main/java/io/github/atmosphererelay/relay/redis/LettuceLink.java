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

package io.github.atmosphererelay.relay.redis;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.jspecify.annotations.Nullable;

/**
 * Two connections of Lettuce. Nothing here blocks.
 */
final class LettuceLink extends RedisPubSubAdapter<byte[], byte[]> implements RedisLink, RedisConnectionStateListener {

	private final StatefulRedisPubSubConnection<byte[], byte[]> publisher;

	private final StatefulRedisPubSubConnection<byte[], byte[]> subscriber;

	private final int maxPending;

	private final RedisLink.Listener listener;

	private final AtomicInteger pending = new AtomicInteger();

	private final PendingBytes pendingBytes = new PendingBytes();

	LettuceLink(StatefulRedisPubSubConnection<byte[], byte[]> publisher,
			StatefulRedisPubSubConnection<byte[], byte[]> subscriber, int maxPending, RedisLink.Listener listener) {
		this.publisher = publisher;
		this.subscriber = subscriber;
		this.maxPending = maxPending;
		this.listener = listener;
	}

	/**
	 * Begin to listen to the connections.
	 */
	void watch() {
		this.subscriber.addListener((RedisPubSubListener<byte[], byte[]>) this);
		this.subscriber.addListener((RedisConnectionStateListener) this);
		this.publisher.addListener((RedisConnectionStateListener) this);
		if (!this.subscriber.isOpen() || !this.publisher.isOpen()) {
			this.listener.lost(new RedisException("Connection closed"));
		}
	}

	@Override
	public CompletableFuture<Outcome> publish(byte[] channel, byte[] message) {
		if (this.pending.incrementAndGet() > this.maxPending) {
			this.pending.decrementAndGet();
			return CompletableFuture.failedFuture(new RelayOverloadedException(RedisRelay.NAME, this.maxPending));
		}
		int size = channel.length + message.length;
		RelayOverloadedException overload = this.pendingBytes.add(size);
		if (overload != null) {
			this.pending.decrementAndGet();
			return CompletableFuture.failedFuture(overload);
		}
		CompletableFuture<Outcome> result = new CompletableFuture<>();
		// The channel is no key here, lest a Cluster client look for the node of its
		// slot: any node will do
		AsyncCommand<byte[], byte[], Long> answer = new AsyncCommand<>(
				new Command<>(CommandType.PUBLISH, new IntegerOutput<>(ByteArrayCodec.INSTANCE),
						new CommandArgs<>(ByteArrayCodec.INSTANCE).add(channel).add(message)));
		answer.whenComplete((receivers, ex) -> complete(result, ex));
		CountedCommand command = new CountedCommand(answer, () -> this.pendingBytes.remove(size));
		try {
			this.publisher.dispatch(command);
		}
		catch (RedisException ex) {
			command.completeExceptionally(ex);
		}
		return result;
	}

	private void complete(CompletableFuture<Outcome> result, @Nullable Throwable ex) {
		this.pending.decrementAndGet();
		if (ex == null) {
			result.complete(Outcome.RELAYED);
			return;
		}
		RelayException refusal = refusal(RelayException.unwrap(ex));
		if (refusal != null) {
			result.completeExceptionally(refusal);
		}
		else {
			result.complete(Outcome.UNCONFIRMED);
		}
	}

	private @Nullable RelayException refusal(Throwable ex) {
		// Tells a command that was certainly not executed from one whose fate is unknown.
		// Lettuce has no types for it; a message that is not known here counts as unknown
		// fate, which is the safe side.
		if (ex instanceof RedisCommandExecutionException) {
			// Redis answered that it has not done it
			return new RelayUnavailableException(RedisRelay.NAME, ex);
		}
		String message = ex.getMessage();
		if (ex.getClass() != RedisException.class || message == null) {
			return null;
		}
		if (message.startsWith("Currently not connected") || message.startsWith("Connection is closed")) {
			return new RelayUnavailableException(RedisRelay.NAME, ex);
		}
		if (message.startsWith("Request queue size exceeded") || message.startsWith("Command buffer size exceeded")) {
			return new RelayOverloadedException(RedisRelay.NAME, this.maxPending);
		}
		return null;
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
		this.publisher.closeAsync();
		this.subscriber.closeAsync();
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
		this.listener.lost(new RedisException("Connection closed"));
	}

	/**
	 * Tells when Lettuce is done with a command. One that has timed out is answered for,
	 * but still in Lettuce's buffers and on the stack of those that Redis may answer.
	 */
	private static final class CountedCommand extends CommandWrapper<byte[], byte[], Long> {

		private final Runnable whenEnded;

		private final AtomicBoolean ended = new AtomicBoolean();

		CountedCommand(RedisCommand<byte[], byte[], Long> command, Runnable whenEnded) {
			super(command);
			this.whenEnded = whenEnded;
		}

		@Override
		public void complete() {
			super.complete();
			end();
		}

		@Override
		public boolean completeExceptionally(Throwable ex) {
			boolean completed = super.completeExceptionally(ex);
			if (!(ex instanceof RedisCommandTimeoutException)) {
				end();
			}
			return completed;
		}

		@Override
		public void cancel() {
			super.cancel();
			end();
		}

		/**
		 * Lettuce leaves a command that is done out of what it sends, without a word.
		 * @return whether nothing more is to come
		 */
		@Override
		public boolean isDone() {
			return this.ended.get();
		}

		private void end() {
			if (this.ended.compareAndSet(false, true)) {
				this.whenEnded.run();
			}
		}

	}

}
