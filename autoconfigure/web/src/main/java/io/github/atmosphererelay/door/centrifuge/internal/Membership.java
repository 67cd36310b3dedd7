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
import io.github.atmosphererelay.session.internal.SubscriptionEnd;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import org.jspecify.annotations.Nullable;

/**
 * What the door keeps of one subscription: whether its client knows of it, and so has to
 * be told of its end. Hangs on the node's subscription as its listener. For any thread;
 * its monitor is taken under the lock of the session's subscriptions and of the channel's
 * log, and neither is taken under it.
 */
abstract class Membership implements SubscriptionListener {

	private final LocalSession session;

	private final String channel;

	private final ReplySender replies;

	/** What it hangs on, as long as that has not ended. */
	private @Nullable Subscription subscription;

	private boolean told;

	private boolean left;

	private UnsubscribeReason reason = UnsubscribeReason.SERVER;

	Membership(LocalSession session, String channel, ReplySender replies) {
		this.session = session;
		this.channel = channel;
		this.replies = replies;
	}

	LocalSession session() {
		return this.session;
	}

	String channel() {
		return this.channel;
	}

	ReplySender replies() {
		return this.replies;
	}

	/**
	 * Return the node's subscription, or {@code null} if there is none yet or it has
	 * ended.
	 */
	synchronized @Nullable Subscription subscription() {
		return this.subscription;
	}

	@Override
	public synchronized void subscribed(Subscription subscription) {
		this.subscription = subscription;
	}

	@Override
	public synchronized void unsubscribed(Subscription subscription) {
		if (this.subscription == subscription) {
			this.subscription = null;
			SubscriptionEnd cause = subscription.cause();
			if (cause != null) {
				this.reason = UnsubscribeReason.of(cause);
			}
			tellEnd();
		}
	}

	/**
	 * The client is told, or has been, that it is subscribed.
	 */
	synchronized void told() {
		this.told = true;
	}

	synchronized boolean isTold() {
		return this.told;
	}

	/**
	 * The client has unsubscribed itself, and so is not told of the end.
	 */
	synchronized void leave() {
		this.left = true;
	}

	/**
	 * Say why the subscription is about to be ended.
	 */
	synchronized void reason(UnsubscribeReason reason) {
		this.reason = reason;
	}

	/**
	 * Tell the client that it is not subscribed any more, if it believes that it is.
	 */
	synchronized void tellEnd() {
		if (this.told && !this.left && this.session.isOpen()) {
			this.replies.push(this.session, new Push.Unsubscribe(this.channel, this.reason));
		}
		this.told = false;
	}

}
