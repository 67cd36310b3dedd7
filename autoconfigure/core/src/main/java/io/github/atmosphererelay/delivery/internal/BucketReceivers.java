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

package io.github.atmosphererelay.delivery.internal;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;

/**
 * Who receives the messages of buckets, by the kind of bucket. The buckets of channels
 * are not among them; see {@link ChannelTaps}. For any thread; no method blocks.
 */
public final class BucketReceivers {

	private final Map<String, BucketReceiver> receivers = new ConcurrentHashMap<>();

	private final Guard guard;

	/**
	 * Create an instance without receivers.
	 * @param guard counts the failures of receivers
	 */
	public BucketReceivers(Guard guard) {
		this.guard = guard;
	}

	/**
	 * Set the receiver of a kind of buckets. The node has to follow their addresses, too.
	 * @param name the kind
	 * @param receiver the receiver
	 */
	public void set(String name, BucketReceiver receiver) {
		this.receivers.put(name, receiver);
	}

	/**
	 * Pass a message to its receiver. A receiver that fails does not affect others.
	 * @param bucket the bucket
	 * @param envelope the message
	 * @return {@code false} if the kind of bucket has no receiver
	 */
	public boolean receive(Audience.Bucket bucket, Envelope envelope) {
		BucketReceiver receiver = this.receivers.get(bucket.name());
		if (receiver == null) {
			return false;
		}
		this.guard.run(() -> receiver.received(bucket, envelope));
		return true;
	}

}
