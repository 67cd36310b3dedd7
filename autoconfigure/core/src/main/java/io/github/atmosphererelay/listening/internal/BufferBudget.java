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

package io.github.atmosphererelay.listening.internal;

import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.listening.ListenOptions;

/**
 * What one subscriber has in memory for all recorded channels of its pattern. For any
 * thread.
 */
final class BufferBudget implements BufferSizes {

	private final int maxMessages;

	private final int maxBytes;

	private final ListeningStatistics statistics;

	private final AtomicLong messages = new AtomicLong();

	private final AtomicLong bytes = new AtomicLong();

	BufferBudget(ListenOptions options, ListeningStatistics statistics) {
		this.maxMessages = options.bufferMessages();
		this.maxBytes = options.bufferBytes();
		this.statistics = statistics;
	}

	@Override
	public void buffered(long messages, long bytes) {
		this.messages.addAndGet(messages);
		this.bytes.addAndGet(bytes);
		this.statistics.buffered(messages, bytes);
	}

	boolean hasRoom() {
		return this.messages.get() < this.maxMessages && this.bytes.get() < this.maxBytes;
	}

	int messages() {
		return (int) this.messages.get();
	}

}
