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

import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.delivery.internal.PatternTap;
import io.github.atmosphererelay.message.Address;

/**
 * Follows the buckets of a pattern's channels for one tap, from {@link #begin} to
 * {@link #close}. For any thread.
 */
final class FollowedPattern {

	private final List<Address> buckets;

	private final ListeningContext context;

	private final List<Address> acquired = new ArrayList<>();

	private boolean closed;

	FollowedPattern(List<Address> buckets, ListeningContext context) {
		this.buckets = List.copyOf(buckets);
		this.context = context;
	}

	/**
	 * Begin to follow the buckets, unless this was closed before.
	 */
	synchronized void begin(PatternTap tap) {
		if (this.closed) {
			return;
		}
		// First, so that the tap gets all that arrives in the buckets
		this.context.taps().add(tap);
		boolean begun = false;
		try {
			for (Address bucket : this.buckets) {
				this.context.interest().acquire(bucket);
				this.acquired.add(bucket);
			}
			begun = true;
		}
		finally {
			if (!begun) {
				end(tap);
			}
		}
	}

	synchronized void close(PatternTap tap) {
		this.closed = true;
		end(tap);
	}

	private void end(PatternTap tap) {
		this.context.taps().remove(tap);
		this.acquired.forEach(this.context.interest()::release);
		this.acquired.clear();
	}

}
