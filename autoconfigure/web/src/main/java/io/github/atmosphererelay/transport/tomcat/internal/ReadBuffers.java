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

package io.github.atmosphererelay.transport.tomcat.internal;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Buffers for reading. Connections share them, because only few connections read at the
 * same time.
 */
final class ReadBuffers {

	private static final int SIZE = 16 * 1024;

	private static final int KEPT = 64;

	private final BlockingQueue<ByteBuffer> buffers = new ArrayBlockingQueue<>(KEPT);

	ByteBuffer borrow() {
		ByteBuffer buffer = this.buffers.poll();
		return (buffer != null) ? buffer : ByteBuffer.allocate(SIZE);
	}

	void giveBack(ByteBuffer buffer) {
		// If the queue is full there are enough buffers, and this one is discarded
		this.buffers.offer(buffer.clear());
	}

}
