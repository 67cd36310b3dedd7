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

package io.github.atmosphererelay.stomp.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.MessageHandler;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessageType;
import org.springframework.messaging.simp.annotation.support.SimpAnnotationMethodMessageHandler;
import org.springframework.messaging.simp.stomp.StompCommand;
import org.springframework.messaging.simp.stomp.StompHeaderAccessor;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.messaging.support.NativeMessageHeaderAccessor;

/**
 * Sends the receipts that clients ask for: for {@code SUBSCRIBE} once the subscription
 * stands and this node follows the destinations at the relay, for {@code SEND} once the
 * relay has the message, and for {@code UNSUBSCRIBE} once it is done. For any thread;
 * does not block.
 */
final class Receipts {

	private static final byte[] NO_PAYLOAD = new byte[0];

	/** The lane of receipts, after those of the buckets. */
	static final int LANE = ClusterPublisher.BUCKETS;

	/** The maximum number of receipts that wait for the relay. */
	private static final int MAX_WAITING = 10_000;

	private final StompBroker broker;

	private final boolean enabled;

	private final BooleanSupplier following;

	private final StompStatistics statistics;

	private final Lanes lanes;

	private final Queue<Receipt> waiting = new ConcurrentLinkedQueue<>();

	private final AtomicInteger waitingCount = new AtomicInteger();

	/** What an annotated method sends while it handles a message with a receipt. */
	private final ThreadLocal<@Nullable List<CompletableFuture<Boolean>>> sentByMethod = new ThreadLocal<>();

	/**
	 * Create an instance.
	 * @param enabled whether receipts are sent
	 * @param following whether this node follows all destinations at the relay now
	 * @param lanes have one lane for receipts, whose sending runs interceptors of the
	 * application, which the relay's thread must not
	 */
	Receipts(StompBroker broker, boolean enabled, BooleanSupplier following, Lanes lanes, StompStatistics statistics) {
		this.broker = broker;
		this.enabled = enabled;
		this.following = following;
		this.statistics = statistics;
		this.lanes = lanes;
	}

	/**
	 * A message was handed over to the relay.
	 * @param message the message. If a client has sent it and asks for a receipt, the
	 * receipt is sent
	 * @param relayed completes with whether the relay has it
	 */
	void sent(Message<?> message, MessageChannel channel, CompletableFuture<Boolean> relayed) {
		Receipt receipt = find(message, channel);
		if (receipt != null) {
			relayed.thenAccept((certain) -> answer(receipt, certain));
		}
	}

	/**
	 * A message was handed over to the relay. If an annotated method has sent it, the
	 * receipt for the message that the method handles waits for it.
	 */
	void published(CompletableFuture<Boolean> relayed) {
		List<CompletableFuture<Boolean>> sent = this.sentByMethod.get();
		if (sent != null) {
			sent.add(relayed);
		}
	}

	void beforeMethod(SimpAnnotationMethodMessageHandler methods, Message<?> message, MessageChannel channel) {
		if (find(message, channel) != null && isOfMethod(methods, message)) {
			this.sentByMethod.set(new ArrayList<>(1));
		}
		else {
			// Another interceptor may have prevented the end of an earlier message
			this.sentByMethod.remove();
		}
	}

	private boolean isOfMethod(SimpAnnotationMethodMessageHandler methods, Message<?> message) {
		String destination = SimpMessageHeaderAccessor.getDestination(message.getHeaders());
		return destination != null && StompBroker.serves(methods, destination) && !this.broker.serves(destination)
				&& !this.broker.isOfUser(destination);
	}

	/**
	 * A handler has handled a message.
	 */
	void handled(Message<?> message, MessageChannel channel, MessageHandler handler, @Nullable Exception ex) {
		List<CompletableFuture<Boolean>> sent = this.sentByMethod.get();
		if (sent != null && handler instanceof SimpAnnotationMethodMessageHandler) {
			this.sentByMethod.remove();
		}
		if (ex != null || !this.enabled) {
			return;
		}
		SimpMessageType type = SimpMessageHeaderAccessor.getMessageType(message.getHeaders());
		if (type == SimpMessageType.SUBSCRIBE || type == SimpMessageType.UNSUBSCRIBE) {
			subscribed(message, channel, handler, type);
		}
		else if (type == SimpMessageType.MESSAGE && sent != null
				&& handler instanceof SimpAnnotationMethodMessageHandler) {
			Receipt receipt = find(message, channel);
			if (receipt != null) {
				CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new))
					.thenRun(() -> answer(receipt, sent.stream().allMatch(CompletableFuture::join)));
			}
		}
	}

	private void subscribed(Message<?> message, MessageChannel channel, MessageHandler handler, SimpMessageType type) {
		String destination = SimpMessageHeaderAccessor.getDestination(message.getHeaders());
		Receipt receipt = read(message);
		if (receipt == null || !isDone(message, channel, handler, type, destination)) {
			return;
		}
		if (type == SimpMessageType.UNSUBSCRIBE || this.following.getAsBoolean()) {
			answer(receipt, true);
		}
		else if (this.waitingCount.incrementAndGet() <= MAX_WAITING) {
			this.waiting.add(receipt);
		}
		else {
			this.waitingCount.decrementAndGet();
			answer(receipt, false);
		}
	}

	/**
	 * Return whether this was the last handler that a subscription needs. A destination
	 * of a user comes to the broker a second time, translated.
	 */
	private boolean isDone(Message<?> message, MessageChannel channel, MessageHandler handler, SimpMessageType type,
			@Nullable String destination) {
		boolean translated = message.getHeaders().containsKey(RelayInterceptor.TRANSLATED);
		if (handler == this.broker.handler()) {
			if (channel == this.broker.channel()) {
				return translated || this.broker.resolver() == null;
			}
			return (destination != null) ? this.broker.serves(destination) && !this.broker.isOfUser(destination)
					: type == SimpMessageType.UNSUBSCRIBE;
		}
		return type == SimpMessageType.SUBSCRIBE && handler instanceof SimpAnnotationMethodMessageHandler methods
				&& isOfMethod(methods, message);
	}

	/**
	 * Send the receipts that have waited until this node follows all destinations. Called
	 * by the scheduler.
	 */
	void sendWaiting() {
		Receipt receipt;
		while (this.following.getAsBoolean() && (receipt = this.waiting.poll()) != null) {
			this.waitingCount.decrementAndGet();
			answer(receipt, true);
		}
	}

	private void answer(Receipt receipt, boolean certain) {
		if (!certain) {
			this.statistics.count(StompStatistics.ReceiptOutcome.WITHHELD);
			return;
		}
		StompHeaderAccessor accessor = StompHeaderAccessor.create(StompCommand.RECEIPT);
		accessor.setReceiptId(receipt.id());
		accessor.setSessionId(receipt.session());
		Message<byte[]> frame = MessageBuilder.createMessage(NO_PAYLOAD, accessor.getMessageHeaders());
		boolean added = this.lanes.add(LANE, 0, () -> this.broker.outbound().send(frame));
		this.statistics.count(added ? StompStatistics.ReceiptOutcome.SENT : StompStatistics.ReceiptOutcome.WITHHELD);
	}

	private @Nullable Receipt find(Message<?> message, MessageChannel channel) {
		return (this.enabled && channel == this.broker.inbound()) ? read(message) : null;
	}

	private static @Nullable Receipt read(Message<?> message) {
		MessageHeaders headers = message.getHeaders();
		String id = NativeMessageHeaderAccessor.getFirstNativeHeader(StompHeaderAccessor.STOMP_RECEIPT_HEADER, headers);
		String session = SimpMessageHeaderAccessor.getSessionId(headers);
		return (id != null && session != null) ? new Receipt(session, id) : null;
	}

	/**
	 * A receipt that a client has asked for.
	 */
	private record Receipt(String session, String id) {
	}

}
