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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.time.Duration;
import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.RelayProbe;
import org.jspecify.annotations.Nullable;

/**
 * The probe that is under way, and how long it takes from the writer back to the reader.
 * The time that it has waited to be written together with something else does not count.
 * Safe for use by many threads.
 */
final class ProbeWatch {

	private @Nullable RelayProbe probe;

	private @Nullable UUID id;

	private long writtenAt;

	/** Whether a probe has come back since the present connections were made. */
	private boolean proven;

	/**
	 * Begin to watch a probe. There is one at a time.
	 * @param probe the probe
	 * @return whether it is known that the relay works, so that nobody waits for the
	 * answer
	 */
	synchronized boolean begin(RelayProbe probe) {
		this.probe = probe;
		this.id = probe.envelope().id();
		this.writtenAt = System.nanoTime();
		return this.proven;
	}

	/**
	 * Forget that the relay works.
	 */
	synchronized void suspect() {
		this.proven = false;
	}

	/**
	 * Note that envelopes are about to be written.
	 * @param batch the envelopes
	 */
	synchronized void writing(List<JdbcPending> batch) {
		if (this.id == null) {
			return;
		}
		for (JdbcPending pending : batch) {
			if (pending.envelope().id().equals(this.id)) {
				this.writtenAt = System.nanoTime();
			}
		}
	}

	/**
	 * Answer the probe if an envelope is the one.
	 * @param envelope an envelope that the reader has read
	 */
	void read(Envelope envelope) {
		RelayProbe probe;
		Duration roundTrip;
		synchronized (this) {
			probe = this.probe;
			if (probe == null || !envelope.id().equals(this.id)) {
				return;
			}
			this.probe = null;
			this.id = null;
			this.proven = true;
			roundTrip = Duration.ofNanos(System.nanoTime() - this.writtenAt);
		}
		probe.answered(roundTrip);
	}

}
