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

package io.github.atmosphererelay.door.centrifuge.internal;

import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.Subscription;

/**
 * A subscription without positions that the application or an operator has made for a
 * client.
 */
final class PlainMembership extends Membership {

	private final ClientSubscriber subscriber;

	PlainMembership(LocalSession session, String channel, ReplySender replies, ClientSubscriber subscriber) {
		super(session, channel, replies);
		this.subscriber = subscriber;
	}

	@Override
	public boolean tellsClient() {
		return true;
	}

	@Override
	public synchronized void subscribed(Subscription subscription) {
		super.subscribed(subscription);
		if (this.subscriber.hasEntered()) {
			tellBegin();
		}
	}

	/**
	 * Tell the client that it is subscribed, if it is and does not know.
	 */
	synchronized void tellBegin() {
		Subscription subscription = subscription();
		if (subscription != null && !isTold()) {
			told();
			replies().push(session(), new Push.Subscribe(channel(), null));
			subscription.told();
		}
	}

}
