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

import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.RelayListener;
import org.jspecify.annotations.Nullable;

/**
 * A listener that fails whenever it is called.
 */
final class BrokenListener implements RelayListener {

	private final AtomicInteger calls = new AtomicInteger();

	int calls() {
		return this.calls.get();
	}

	@Override
	public void received(Envelope envelope, @Nullable Position position) {
		this.calls.incrementAndGet();
		throw new AssertionError("received");
	}

	@Override
	public void rejected(WireFormatException.Reason reason) {
		throw new AssertionError("rejected");
	}

	@Override
	public void gap(Address address) {
		throw new AssertionError("gap");
	}

	@Override
	public void connectionChanged(boolean connected) {
		throw new AssertionError("connectionChanged");
	}

}
