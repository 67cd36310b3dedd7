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

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

/**
 * What a peer follows, as it has told. While that is not known, the peer counts as
 * following everything: an envelope too much costs little, one too few is lost. Safe for
 * use by many threads.
 */
final class PeerInterest {

	static final long MAX_BYTES = 128L * 1024 * 1024;

	private final int maxAddresses;

	private volatile @Nullable Set<String> addresses;

	private volatile long version = -1;

	private long bytes;

	private @Nullable Set<String> partial;

	private long partialBytes;

	private long partialVersion = -1;

	private int nextPart;

	/**
	 * Create the interest of a peer that has told nothing.
	 * @param maxAddresses how many addresses are remembered
	 */
	PeerInterest(int maxAddresses) {
		this.maxAddresses = maxAddresses;
	}

	/**
	 * Return whether the peer follows an address, or may follow it.
	 * @param address the address in its string form
	 */
	boolean mayFollow(String address) {
		Set<String> addresses = this.addresses;
		return addresses == null || addresses.contains(address);
	}

	/**
	 * Return the version up to which the interest is known, or -1.
	 */
	long version() {
		return this.version;
	}

	synchronized long partialVersion() {
		return this.partialVersion;
	}

	synchronized int nextPart() {
		return this.nextPart;
	}

	/**
	 * Take what the peer tells. What does not fit to what is known is left; the answer
	 * tells the peer what this node needs.
	 */
	synchronized void apply(InterestUpdate update) {
		if (update instanceof InterestUpdate.Delta delta) {
			apply(delta);
		}
		else if (update instanceof InterestUpdate.Part part) {
			apply(part);
		}
	}

	private void apply(InterestUpdate.Delta delta) {
		if (this.version < delta.from() || this.version >= delta.to()) {
			return;
		}
		int skip = (int) (this.version - delta.from());
		Set<String> addresses = this.addresses;
		for (InterestUpdate.Change change : delta.changes().subList(skip, delta.changes().size())) {
			if (addresses == null) {
				break;
			}
			if (change.added() ? addresses.add(change.address()) : addresses.remove(change.address())) {
				this.bytes += change.added() ? change.address().length() : -change.address().length();
			}
		}
		limit();
		this.version = delta.to();
		this.partial = null;
		this.partialVersion = -1;
	}

	private void apply(InterestUpdate.Part part) {
		if (part.version() <= this.version) {
			return;
		}
		if (part.index() == 0) {
			this.partial = new HashSet<>();
			this.partialBytes = 0;
			this.partialVersion = part.version();
			this.nextPart = 0;
		}
		Set<String> partial = this.partial;
		if (partial == null || part.version() != this.partialVersion || part.index() != this.nextPart) {
			return;
		}
		if (partial.size() < this.maxAddresses && this.partialBytes < MAX_BYTES) {
			partial.addAll(part.addresses());
			part.addresses().forEach((address) -> this.partialBytes += address.length());
		}
		this.nextPart++;
		if (part.last()) {
			Set<String> addresses = ConcurrentHashMap.newKeySet(partial.size());
			addresses.addAll(partial);
			this.bytes = this.partialBytes;
			this.addresses = addresses;
			limit();
			this.version = part.version();
			this.partial = null;
			this.partialVersion = -1;
			this.nextPart = 0;
		}
	}

	/**
	 * Keep no more than the limits allow: a peer that follows more is sent everything.
	 */
	private void limit() {
		Set<String> addresses = this.addresses;
		if (addresses != null && (addresses.size() >= this.maxAddresses || this.bytes >= MAX_BYTES)) {
			this.addresses = null;
		}
	}

}
