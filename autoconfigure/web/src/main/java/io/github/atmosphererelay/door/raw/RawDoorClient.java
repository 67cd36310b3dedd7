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

package io.github.atmosphererelay.door.raw;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.door.ClientLimits.Admission;
import io.github.atmosphererelay.door.IncomingMessages;
import io.github.atmosphererelay.door.WebSocketSettings;
import io.github.atmosphererelay.durable.DurableSession;
import io.github.atmosphererelay.session.LocalSession;
import org.jspecify.annotations.Nullable;

/**
 * A client of the raw door: puts the parts of its messages together and holds it to its
 * limits. For one container thread at a time.
 */
final class RawDoorClient {

	private final LocalSession session;

	private final String channel;

	private final IncomingMessages incoming;

	private final Admission admission;

	private final @Nullable DurableSession durable;

	/** Whether the client has said in a frame who it is, and may say so again. */
	private final boolean renewable;

	private final AtomicBoolean renewing = new AtomicBoolean();

	RawDoorClient(LocalSession session, @Nullable DurableSession durable, String channel, WebSocketSettings settings,
			Admission admission, boolean renewable) {
		this.session = session;
		this.durable = durable;
		this.channel = channel;
		this.incoming = new IncomingMessages(settings);
		this.admission = admission;
		this.renewable = renewable;
	}

	/**
	 * Let the client in, on another thread than the one that reads its messages.
	 */
	synchronized void whileEntering(Runnable entering) {
		entering.run();
	}

	/**
	 * Wait until the client is in, which it may hear of before all of it is done.
	 */
	void awaitEntered() {
		if (isRenewable()) {
			synchronized (this) {
				return;
			}
		}
	}

	LocalSession session() {
		return this.session;
	}

	String channel() {
		return this.channel;
	}

	boolean isRenewable() {
		return this.renewable;
	}

	/**
	 * Begin to check a new token, one at a time.
	 */
	boolean beginRenewal() {
		return this.renewing.compareAndSet(false, true);
	}

	void endRenewal() {
		this.renewing.set(false);
	}

	/**
	 * Take the answer to a ping.
	 */
	void ponged(ByteBuffer payload) {
		if (this.durable != null) {
			this.durable.ponged(payload);
		}
	}

	/**
	 * Return whether the client's user may send a message now.
	 */
	boolean isWithinUserLimit() {
		return this.admission.allowsMessage();
	}

	IncomingMessages incoming() {
		return this.incoming;
	}

	@Override
	public String toString() {
		return this.session.toString();
	}

}
