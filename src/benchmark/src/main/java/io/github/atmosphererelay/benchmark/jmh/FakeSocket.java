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

package io.github.atmosphererelay.benchmark.jmh;

import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionTransport;

/**
 * A socket that takes everything at once and only counts it, so that what is measured is
 * what comes before sockets.
 */
final class FakeSocket implements SessionTransport {

	private final LongAdder written;

	FakeSocket(LongAdder written) {
		this.written = written;
	}

	@Override
	public void write(OutboundMessage message) {
		this.written.increment();
	}

	@Override
	public boolean flush(Runnable whenFlushed) {
		// Nothing is kept back
		return true;
	}

	@Override
	public void ping() {
		// Nobody is there to answer
	}

	@Override
	public void close(CloseReason reason) {
		// Nothing is open
	}

	@Override
	public void abort(CloseReason reason) {
		// Nothing is stuck
	}

}
