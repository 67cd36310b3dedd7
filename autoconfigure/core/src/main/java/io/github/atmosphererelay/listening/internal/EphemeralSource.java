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

import io.github.atmosphererelay.delivery.internal.ChannelTap;
import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.listening.OverflowPolicy;
import io.github.atmosphererelay.listening.SubscriberTooSlowException;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * Buffers what is published in an ephemeral channel, or in those that a pattern covers,
 * for one subscriber. If the buffer is full, publications are dropped by the subscriber's
 * policy, and a discontinuity stands in their place.
 */
final class EphemeralSource implements ItemSource, ChannelTap {

	private final String channel;

	private final ListenOptions options;

	private final ListeningContext context;

	private final Following followed;

	/** Guarded by this object. */
	private final ItemBuffer buffer;

	/** What is missing before the first item of the buffer. Guarded by this object. */
	private final MissingMessages head;

	/** What is missing after the last item of the buffer. Guarded by this object. */
	private final MissingMessages tail;

	private boolean closed;

	/** Whether the stream has got the last item before its failure. */
	private boolean drained;

	/** Whether the subscriber was too slow, so that its stream fails. */
	private volatile boolean failed;

	private volatile @Nullable StreamSignal stream;

	/**
	 * Create a source.
	 * @param channel the name of the channel, or the pattern
	 * @param followed what the source follows
	 */
	EphemeralSource(String channel, Following followed, ListenOptions options, ListeningContext context) {
		this.channel = channel;
		this.options = options;
		this.context = context;
		this.followed = followed;
		this.buffer = new ItemBuffer(options, context.statistics());
		this.head = new MissingMessages(channel);
		this.tail = new MissingMessages(channel);
	}

	@Override
	public void begin(StreamSignal stream) {
		this.stream = stream;
		this.followed.begin(this);
	}

	@Override
	public void published(Publication publication) {
		boolean failed = false;
		synchronized (this) {
			if (this.closed) {
				if (this.failed) {
					this.context.statistics().countDropped();
				}
				if (this.failed && !this.drained) {
					// The stream ends with the number of all that came until then
					this.tail.add(Discontinuity.Reason.OVERFLOW, 1);
				}
				return;
			}
			if (!makeRoom(publication)) {
				this.context.statistics().countDropped();
				this.tail.add(Discontinuity.Reason.OVERFLOW, 1);
				failed = this.options.overflow() == OverflowPolicy.FAIL;
				this.closed = failed;
				this.failed = failed;
			}
			else {
				Discontinuity missing = this.tail.poll();
				while (missing != null) {
					this.buffer.merge(missing);
					missing = this.tail.poll();
				}
				this.buffer.add(publication);
			}
		}
		wake(failed);
	}

	private boolean makeRoom(Publication publication) {
		while (!this.buffer.hasRoom(publication)) {
			if (this.options.overflow() != OverflowPolicy.DROP_OLDEST) {
				return false;
			}
			ChannelItem oldest = this.buffer.poll();
			if (oldest instanceof Discontinuity discontinuity) {
				this.head.add(discontinuity.reason(), discontinuity.missing());
			}
			else {
				this.context.statistics().countDropped();
				this.head.add(Discontinuity.Reason.OVERFLOW, 1);
			}
		}
		return true;
	}

	boolean hasFailed() {
		return this.failed;
	}

	@Override
	public void missed(long number) {
		synchronized (this) {
			if (this.closed) {
				return;
			}
			this.tail.add(Discontinuity.Reason.RELAY_GAP, number);
		}
		wake(false);
	}

	/**
	 * Note that the subscriber has too much to do, so that an unknown number of
	 * publications is dropped.
	 */
	void overflowed() {
		synchronized (this) {
			if (this.closed) {
				return;
			}
			this.tail.add(Discontinuity.Reason.OVERFLOW, Discontinuity.UNKNOWN);
		}
		wake(false);
	}

	@Override
	public void moved() {
		// Other nodes record the channel, and this node does not. What is missing is
		// counted as lost.
		missed(Discontinuity.UNKNOWN);
	}

	@Override
	public void lost() {
		missed(Discontinuity.UNKNOWN);
	}

	private void wake(boolean failed) {
		StreamSignal stream = this.stream;
		if (stream != null) {
			if (failed) {
				stream.fail(new SubscriberTooSlowException(this.channel));
			}
			else {
				stream.wake();
			}
		}
	}

	@Override
	public synchronized @Nullable ChannelItem poll() {
		ChannelItem item = this.head.poll();
		if (item == null) {
			item = this.buffer.poll();
		}
		if (item == null) {
			item = this.tail.poll();
		}
		this.drained = this.failed && isEmpty();
		return item;
	}

	@Override
	public synchronized boolean isEmpty() {
		return this.buffer.isEmpty() && this.head.isEmpty() && this.tail.isEmpty();
	}

	@Override
	public synchronized int waiting() {
		return this.buffer.publications();
	}

	@Override
	public void close() {
		this.followed.close(this);
		synchronized (this) {
			this.closed = true;
			this.buffer.clear();
		}
	}

}
