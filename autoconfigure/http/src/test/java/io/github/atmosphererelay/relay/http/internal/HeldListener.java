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

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.RelayListener;
import org.jspecify.annotations.Nullable;

/**
 * A listener that stands still in its first call until it is allowed to go on.
 */
final class HeldListener implements RelayListener {

	private final CountDownLatch called = new CountDownLatch(1);

	private final CountDownLatch released = new CountDownLatch(1);

	private final List<String> received = new CopyOnWriteArrayList<>();

	private final List<Address> gaps = new CopyOnWriteArrayList<>();

	/**
	 * Return whether it stands still, or has done so.
	 */
	boolean isCalled() {
		return this.called.getCount() == 0;
	}

	void release() {
		this.released.countDown();
	}

	List<String> received() {
		return this.received;
	}

	List<Address> gaps() {
		return this.gaps;
	}

	@Override
	public void received(Envelope envelope, @Nullable Position position) {
		this.called.countDown();
		try {
			this.released.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		this.received.add(envelope.payload().asText());
	}

	@Override
	public void rejected(WireFormatException.Reason reason) {
		this.received.add("rejected");
	}

	@Override
	public void gap(Address address) {
		this.gaps.add(address);
	}

	@Override
	public void connectionChanged(boolean connected) {
		// Not of interest
	}

}
