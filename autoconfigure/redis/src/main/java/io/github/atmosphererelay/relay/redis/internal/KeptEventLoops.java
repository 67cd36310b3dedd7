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

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.resource.EventLoopGroupProvider;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;

/**
 * Event loops that are kept when the last client is shut down, and end with the resources
 * that they belong to. For each connection that it tries to make, Lettuce has a timer
 * that tells the connection's event loop that it has failed. The timers belong to the
 * resources, and outlive a client: without this, each attempt of the last seconds before
 * the end of a client was logged as an error, because its event loop was gone.
 */
final class KeptEventLoops implements EventLoopGroupProvider {

	private final EventLoopGroupProvider provider;

	private final Set<EventExecutorGroup> kept = ConcurrentHashMap.newKeySet();

	KeptEventLoops(EventLoopGroupProvider provider) {
		this.provider = provider;
	}

	@Override
	public <T extends EventLoopGroup> T allocate(Class<T> type) {
		return this.provider.allocate(type);
	}

	@Override
	public int threadPoolSize() {
		return this.provider.threadPoolSize();
	}

	/**
	 * Release a group, which others may still use. Of each group one use is never given
	 * back, so that the provider does not end it.
	 */
	@Override
	public Future<Boolean> release(EventExecutorGroup group, long quietPeriod, long timeout, TimeUnit unit) {
		return this.kept.add(group) ? ImmediateEventExecutor.INSTANCE.newSucceededFuture(true)
				: this.provider.release(group, quietPeriod, timeout, unit);
	}

	@Override
	public Future<Boolean> shutdown(long quietPeriod, long timeout, TimeUnit timeUnit) {
		return this.provider.shutdown(quietPeriod, timeout, timeUnit);
	}

}
