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

import java.util.concurrent.atomic.AtomicBoolean;

import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;

/**
 * Calls back when Lettuce has finished with a command. A command that has timed out is
 * completed, but it is still in Lettuce's buffers and in its queue of unanswered
 * commands.
 *
 * @param <T> the kind of reply
 */
final class LettuceCommand<T> extends CommandWrapper<byte[], byte[], T> {

	private final Runnable whenEnded;

	private final AtomicBoolean ended = new AtomicBoolean();

	LettuceCommand(RedisCommand<byte[], byte[], T> command, Runnable whenEnded) {
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
	 * Return whether the command has ended. Lettuce skips a finished command when it
	 * writes, without any notice.
	 * @return whether nothing more follows
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
