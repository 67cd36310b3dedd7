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

package io.github.atmosphererelay.broadcast;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;

/**
 * A publisher that numbers its messages from 0 and keeps its receipts.
 */
final class Traffic {

	private final Broadcaster broadcaster;

	private final String channel;

	private final Map<Integer, CompletableFuture<Receipt>> sent = new LinkedHashMap<>();

	private final List<Duration> receiptTimes = Collections.synchronizedList(new ArrayList<>());

	private Duration slowestCall = Duration.ZERO;

	Traffic(Broadcaster broadcaster, String channel) {
		this.broadcaster = broadcaster;
		this.channel = channel;
	}

	CompletableFuture<Receipt> publish() {
		int number = this.sent.size();
		long before = System.nanoTime();
		CompletableFuture<Receipt> receipt = this.broadcaster.broadcast(this.channel, String.valueOf(number));
		Duration call = Duration.ofNanos(System.nanoTime() - before);
		this.slowestCall = (call.compareTo(this.slowestCall) > 0) ? call : this.slowestCall;
		receipt.whenComplete((result, ex) -> this.receiptTimes.add(Duration.ofNanos(System.nanoTime() - before)));
		this.sent.put(number, receipt);
		return receipt;
	}

	void publishFor(Duration time) {
		long end = System.nanoTime() + time.toNanos();
		publishUntil(() -> System.nanoTime() >= end, time.plusSeconds(10));
	}

	void publishUntil(BooleanSupplier condition, Duration timeout) {
		MachineTime.await(timeout).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5)).until(() -> {
			publish();
			return condition.getAsBoolean();
		});
	}

	int sent() {
		return this.sent.size();
	}

	Map<Integer, Outcome> awaitOutcomes() {
		Map<Integer, Outcome> outcomes = new LinkedHashMap<>();
		this.sent.forEach(
				(number, receipt) -> outcomes.put(number, receipt.orTimeout(5, TimeUnit.SECONDS).join().outcome()));
		return outcomes;
	}

	Duration slowestCall() {
		return this.slowestCall;
	}

	Duration slowestReceipt() {
		return Collections.max(this.receiptTimes);
	}

}
