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

package io.github.atmosphererelay.gateway.internal;

import java.util.concurrent.RejectedExecutionException;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;

/**
 * Lets the bytes of a connection be read only while there are bytes to hold them.
 * Threads: the connection's event loop.
 */
final class ReadGate extends ChannelOutboundHandlerAdapter {

	private static final String NAME = "atmosphere.readGate";

	private final ByteBudget budget;

	private boolean waiting;

	private ReadGate(ByteBudget budget) {
		this.budget = budget;
	}

	/**
	 * Put a gate before all that reads a connection.
	 */
	static void guard(Channel channel, ByteBudget budget) {
		if (channel.pipeline().get(NAME) == null) {
			channel.pipeline().addFirst(NAME, new ReadGate(budget));
		}
	}

	@Override
	public void read(ChannelHandlerContext context) {
		if (!this.budget.isExhausted()) {
			context.read();
		}
		else if (!this.waiting) {
			this.waiting = true;
			this.budget.await(() -> resume(context));
		}
	}

	private void resume(ChannelHandlerContext context) {
		try {
			context.executor().execute(() -> {
				this.waiting = false;
				read(context);
			});
		}
		catch (RejectedExecutionException ex) {
			// The event loop has ended, and the connection with it
		}
	}

}
