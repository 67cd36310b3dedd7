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

package io.github.atmosphererelay.relay.http.internal;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What one peer knows of this node's interest, and what it is told next: changes if it
 * knows a version that is remembered, otherwise everything, in parts. Only the peer's
 * answers count as known. Used by one thread, except for {@link #known()}.
 */
final class InterestSender {

	/** As much as leaves room for envelopes in a request. */
	private static final int MAX_BYTES = 256 * 1024;

	private final OwnInterest own;

	private OwnInterest.@Nullable Snapshot snapshot;

	/** Where each part of the snapshot begins. */
	private final List<Integer> parts = new ArrayList<>();

	private int nextPart;

	private volatile long known = -1;

	InterestSender(OwnInterest own) {
		this.own = own;
	}

	/**
	 * Return the version that the peer has acknowledged.
	 * @return the version, or -1
	 */
	long known() {
		return this.known;
	}

	/**
	 * Return whether there is something to tell the peer.
	 */
	boolean isDue() {
		return this.known != this.own.version();
	}

	/**
	 * Return what to tell the peer next.
	 */
	InterestUpdate next() {
		if (!isDue()) {
			return InterestUpdate.NONE;
		}
		if (this.known >= 0) {
			InterestUpdate.Delta delta = this.own.changes(this.known, MAX_BYTES);
			if (delta != null) {
				return delta;
			}
		}
		OwnInterest.Snapshot snapshot = this.snapshot;
		if (snapshot == null) {
			snapshot = this.own.snapshot();
			this.snapshot = snapshot;
			divide(snapshot.addresses());
			this.nextPart = 0;
		}
		int begin = this.parts.get(this.nextPart);
		boolean last = this.nextPart == this.parts.size() - 1;
		int end = last ? snapshot.addresses().size() : this.parts.get(this.nextPart + 1);
		return new InterestUpdate.Part(snapshot.version(), this.nextPart, last,
				snapshot.addresses().subList(begin, end));
	}

	private void divide(List<String> addresses) {
		this.parts.clear();
		this.parts.add(0);
		int bytes = 0;
		for (int i = 0; i < addresses.size(); i++) {
			if (bytes > MAX_BYTES) {
				this.parts.add(i);
				bytes = 0;
			}
			bytes += 2 + addresses.get(i).length();
		}
	}

	/**
	 * Take the peer's answer.
	 * @param answer the answer
	 * @return whether the peer knows more than before
	 */
	boolean answered(Answer answer) {
		long before = this.known;
		int part = this.nextPart;
		this.known = Math.min(answer.knownInterest(), this.own.version());
		OwnInterest.Snapshot snapshot = this.snapshot;
		if (snapshot != null) {
			if (this.known >= snapshot.version()) {
				this.snapshot = null;
			}
			else if (answer.partialVersion() == snapshot.version() && answer.nextPart() >= 0
					&& answer.nextPart() < this.parts.size()) {
				this.nextPart = answer.nextPart();
			}
			else {
				this.nextPart = 0;
			}
		}
		return this.known > before || this.nextPart > part;
	}

}
