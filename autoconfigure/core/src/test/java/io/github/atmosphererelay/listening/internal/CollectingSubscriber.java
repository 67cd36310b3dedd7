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
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Collects the items of a stream, and notes if two calls overlap.
 */
final class CollectingSubscriber implements Flow.Subscriber<ChannelItem> {

	private final long first;

	private final List<ChannelItem> items = new ArrayList<>();

	private final AtomicBoolean called = new AtomicBoolean();

	private volatile Consumer<ChannelItem> onNext = (item) -> {
	};

	private volatile Runnable whenComplete = () -> {
	};

	volatile boolean overlapped;

	volatile @Nullable Throwable failure;

	volatile boolean completed;

	volatile Flow.@Nullable Subscription subscription;

	volatile @Nullable Thread thread;

	/**
	 * Create a subscriber.
	 * @param first the number of items that it requests at once
	 */
	CollectingSubscriber(long first) {
		this.first = first;
	}

	CollectingSubscriber doing(Consumer<ChannelItem> onNext) {
		this.onNext = onNext;
		return this;
	}

	void whenComplete(Runnable whenComplete) {
		this.whenComplete = whenComplete;
	}

	@Override
	public void onSubscribe(Flow.Subscription subscription) {
		this.subscription = subscription;
		if (this.first > 0) {
			subscription.request(this.first);
		}
	}

	Flow.Subscription subscription() {
		Flow.Subscription subscription = this.subscription;
		if (subscription == null) {
			throw new IllegalStateException("Not subscribed");
		}
		return subscription;
	}

	@Override
	public void onNext(ChannelItem item) {
		call(() -> {
			this.thread = Thread.currentThread();
			synchronized (this.items) {
				this.items.add(item);
			}
			this.onNext.accept(item);
		});
	}

	private void call(Runnable call) {
		if (!this.called.compareAndSet(false, true)) {
			this.overlapped = true;
		}
		try {
			call.run();
		}
		finally {
			this.called.set(false);
		}
	}

	@Override
	public void onError(Throwable failure) {
		call(() -> this.failure = failure);
	}

	@Override
	public void onComplete() {
		call(() -> {
			this.whenComplete.run();
			this.completed = true;
		});
	}

	List<ChannelItem> items() {
		synchronized (this.items) {
			return List.copyOf(this.items);
		}
	}

	/**
	 * Return the texts of publications, and discontinuities as {@code reason missing}.
	 */
	List<String> texts() {
		return items().stream().map(CollectingSubscriber::text).toList();
	}

	private static String text(ChannelItem item) {
		if (item instanceof Publication publication) {
			return publication.payload().asText();
		}
		Discontinuity discontinuity = (Discontinuity) item;
		return discontinuity.reason() + " " + discontinuity.missing();
	}

	void awaitTexts(List<String> expected) {
		await().untilAsserted(() -> assertThat(texts()).isEqualTo(expected));
	}

	void awaitTexts(String... expected) {
		awaitTexts(List.of(expected));
	}

}
