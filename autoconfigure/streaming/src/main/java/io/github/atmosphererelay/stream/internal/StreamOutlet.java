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

package io.github.atmosphererelay.stream.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.message.Payload;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Publishes what members have for nodes. A view that is larger than the relay carries is
 * counted and left out: it would never get through. For any thread; does not block.
 */
final class StreamOutlet implements StreamPublisher, SnapshotPublisher {

	private static final int MAX_PART = 128 * 1024;

	private final RateLimitedLog log = new RateLimitedLog(LogFactory.getLog(StreamOutlet.class),
			Duration.ofSeconds(10));

	private final InternalChannels channels;

	private final StreamWire wire;

	private final int maxBytes;

	private final LongAdder tooLarge = new LongAdder();

	/**
	 * Create an outlet.
	 * @param maxBytes the size of the largest message that the relay carries
	 */
	StreamOutlet(InternalChannels channels, StreamWire wire, int maxBytes) {
		this.channels = channels;
		this.wire = wire;
		this.maxBytes = maxBytes;
	}

	/**
	 * Return the number of views that were left out because they are too large.
	 */
	long tooLarge() {
		return this.tooLarge.sum();
	}

	@Override
	public CompletableFuture<?> publish(StreamMessage message) {
		Payload payload = StreamWire.payload(message);
		if (payload.size() > this.maxBytes) {
			leaveOut(message, payload.size());
			return done();
		}
		return this.channels.publish(message.interest().channel(), StreamWire.headers(message), payload);
	}

	private static CompletableFuture<@Nullable Void> done() {
		return CompletableFuture.completedFuture(null);
	}

	private void leaveOut(StreamMessage message, int size) {
		this.tooLarge.increment();
		this.log.warn("The view of a key of the reducer '" + message.interest().reducer() + "' has " + size
				+ " bytes, and is left out. Make it smaller, or raise 'atmosphere.relay.max-message-size'");
	}

	@Override
	public CompletableFuture<?> publish(String stream, StreamSnapshot snapshot) {
		List<StreamMessage> messages = new ArrayList<>(snapshot.messages().size());
		for (StreamMessage message : snapshot.messages()) {
			byte[] view = message.view();
			// Written as text within JSON
			if (view != null && 2 * view.length + 1000 > this.maxBytes) {
				leaveOut(message, view.length);
			}
			else {
				messages.add(message);
			}
		}
		StreamSnapshot sent = new StreamSnapshot(snapshot.selection(), snapshot.partition(), snapshot.asOf(),
				snapshot.complete(), messages);
		String id = UUID.randomUUID().toString();
		List<CompletableFuture<?>> parts = new ArrayList<>();
		for (Payload part : this.wire.write(id, sent, Math.min(MAX_PART, this.maxBytes / 2))) {
			parts.add(this.channels.publish(snapshotChannel(stream), Map.of(), part));
		}
		return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new));
	}

	static String snapshotChannel(String stream) {
		return InternalChannels.PREFIX + "i/" + stream;
	}

}
